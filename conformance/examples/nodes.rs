//! A service of three nodes on one Redis behind nginx, until its input ends: says where it is, and what its processes said
//! is in which folder. `nodes haproxy` has HAProxy in front.

use std::env;
use std::io::{self, Read as _, Write as _};

use anpu_conformance::service::{Plan, Proxy, Service};

fn main() -> Result<(), String> {
    let here = env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    let folder = here.parent().and_then(|examples| examples.parent()).ok_or("this program is in no build folder")?;
    let program = folder.join("everything-server");
    let mut plan = Plan::new(&program);
    match env::args().nth(1).as_deref() {
        None => {}
        Some("haproxy") => plan.proxy = Proxy::HaProxy,
        Some(other) => return Err(format!("`{other}`: there is only `haproxy`")),
    }
    let service = Service::start(&plan)?;
    let told = writeln!(io::stdout(), "http://{}/mcp\n{}", service.address(), service.folder().display());
    told.map_err(|error| error.to_string())?;
    // An input that breaks has ended, too.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}
