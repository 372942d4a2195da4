//! Whether a question is still the same one when the handler asks it again.

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::model::{Ask, ElicitRequestParams, Meta};

/// The fingerprint of a question in the words of a dialect, and the name of its method there.
///
/// `_meta` does not count, since it may trace the run. Of a URL only scheme and authority do: what stands behind them
/// has an id that every run makes anew.
pub(super) fn of(ask: &Ask, dialect: &'static Dialect) -> Result<(&'static str, u64), Fault> {
    let mut said = ask.clone();
    *said.meta_mut() = Meta::absent();
    if let Ask::Elicit(ElicitRequestParams::Url(params)) = &mut said {
        params.url = origin(&params.url).into_owned();
        params.elicitation_id = None;
    }
    let Some((method, params)) = dialect.write_ask(said) else {
        let text = format!("a peer of version {} cannot be asked this `{}`", dialect.version, ask.method());
        return Err(Fault::Internal(text));
    };
    let print = fnv1a(FNV_BASIS, method.as_bytes());
    // A byte that no method has: the end of one is not the beginning of the params.
    let print = fnv1a(print, &[0]);
    Ok((method, fnv1a(print, params.as_ref().map_or("", |params| params.get()).as_bytes())))
}

/// Scheme and authority.
fn origin(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once(':') else { return Cow::Borrowed(url) };
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#', '\\']).next().unwrap_or_default());
    Cow::Owned(match authority {
        Some(authority) => format!("{scheme}://{authority}"),
        None => format!("{scheme}:"),
    })
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a, 64 bits: the same in every build, which the hasher of `std` does not promise. It guards against mistakes;
/// the seal guards against everybody else.
fn fnv1a(basis: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(basis, |print, byte| (print ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(FNV_BASIS, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_BASIS, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(FNV_BASIS, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_origin_is_scheme_and_authority() {
        let cases = [
            ("https://pay.example.com/a?id=1", "https://pay.example.com"),
            ("https://pay.example.com:8443", "https://pay.example.com:8443"),
            ("https://a?b", "https://a"),
            ("https://a#b", "https://a"),
            ("https://a\\@b/c", "https://a"),
            ("mailto:a@b?c=https://d", "mailto:"),
            ("nothing", "nothing"),
            ("", ""),
        ];
        for (url, told) in cases {
            assert_eq!(origin(url), told, "{url}");
        }
    }
}
