//! Requests that stay open to hear of changes, and the one place from which changes are told to everybody.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::write;
use anpu_proto::model::{
    CancelledNotificationParams, Meta, Notice, Reply, RequestId, SubscriptionFilter,
    SubscriptionsAcknowledgedNotificationParams, SubscriptionsListenRequestParams, SubscriptionsListenResult,
};
use tokio::sync::Notify;

use super::announce;
use super::core::Core;
use super::entry::{EntryKind, kind_of};
use super::exchange::Exchange;
use super::line::request_id;
use super::nodes::Told;
use super::outbox::Outbox;
use crate::component::Touched;
use crate::handler::{Cx, Port as _};

/// The requests that listen.
#[derive(Default)]
pub(crate) struct Listens {
    /// Oldest first.
    open: Mutex<BTreeMap<u64, Arc<Listen>>>,
    next: AtomicU64,
}

/// One request that listens.
struct Listen {
    /// The id of the request, by which the client tells its subscriptions apart.
    id: RequestId,
    dialect: &'static Dialect,
    outbox: Arc<Outbox>,
    lists: SubscriptionFilter,
    resources: HashSet<String>,
    over: Notify,
}

impl Listens {
    /// Ends all of them, with an answer.
    pub(crate) fn end(&self) {
        self.lock().values().for_each(|listen| listen.over.notify_one());
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Tells a change to whoever listens to it.
    fn tell(&self, notice: &Notice) {
        let open = self.lock();
        for listen in open.values().filter(|listen| listen.wants(notice)) {
            listen.say(notice.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Listen>>> {
        // Every change is complete before the lock is let go.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listen {
    fn wants(&self, notice: &Notice) -> bool {
        match notice {
            Notice::ToolListChanged(_) => self.lists.tools_list_changed,
            Notice::PromptListChanged(_) => self.lists.prompts_list_changed,
            Notice::ResourceListChanged(_) => self.lists.resources_list_changed,
            Notice::ResourceUpdated(params) => self.resources.contains(&params.uri),
            _ => false,
        }
    }

    /// Says something on this subscription.
    fn say(&self, mut notice: Notice) {
        let kind = kind_of(&notice);
        if let Some(meta) = notice.meta_mut()
            && meta.insert_json(Meta::SUBSCRIPTION_ID, &self.id).is_err()
        {
            return;
        }
        if let Some((method, params)) = self.dialect.write_notice(notice) {
            self.outbox.push(write::notification(&method, params.as_deref()), kind);
        }
    }
}

impl Core {
    /// Tells a change to everybody who wants to hear of it, here and in the processes that share the store.
    pub(crate) fn tell(self: &Arc<Self>, notice: &Notice) {
        if tokio::runtime::Handle::try_current().is_ok() {
            // Nobody may have asked this process anything yet.
            self.reaper.start(self);
        }
        if let Notice::ResourceUpdated(params) = notice
            && self.nodes.tell_resource(&params.uri)
        {
            return;
        }
        self.hear(notice);
        let lists = |tools, prompts, resources| Some(Told::Lists { tools, prompts, resources });
        let told = match notice {
            Notice::ToolListChanged(_) => lists(true, false, false),
            Notice::PromptListChanged(_) => lists(false, true, false),
            Notice::ResourceListChanged(_) => lists(false, false, true),
            _ => None,
        };
        told.into_iter().for_each(|told| self.nodes.tell(told));
    }

    /// Tells everybody here which lists changed.
    pub(crate) fn hear_lists(&self, touched: Touched) {
        touched.notices().for_each(|notice| self.hear(&notice));
    }

    /// Tells a change to everybody here: sessions, and requests that listen.
    pub(crate) fn hear(&self, notice: &Notice) {
        let all = |_: &super::session::Session| true;
        match notice {
            Notice::ResourceUpdated(params) => self.tell_sessions(notice, |session| session.watches(&params.uri)),
            _ => self.tell_sessions(notice, all),
        }
        self.listens.tell(notice);
    }

    fn tell_sessions(&self, notice: &Notice, to: impl Fn(&super::session::Session) -> bool) {
        // A session may be known in several processes; the one that has its stream tells it.
        let here = |session: &super::session::Session| !self.keeping.is_shared() || session.has_reader();
        for session in self.directory.all().iter().filter(|session| here(session) && to(session)) {
            session.say_here(notice);
        }
    }
}

/// Listens until the client goes away or the server ends it.
pub(crate) async fn listen(
    core: &Arc<Core>,
    cx: &Cx,
    params: SubscriptionsListenRequestParams,
) -> Result<Reply, Fault> {
    let exchange = cx.port().as_any().downcast_ref::<Exchange>();
    let here = || Fault::MethodNotFound("subscriptions/listen".to_owned());
    let exchange = exchange.filter(|exchange| exchange.alone().is_some()).ok_or_else(here)?;
    let (Some(outbox), Some(id)) = (exchange.outbox.clone(), exchange.facts().id.clone()) else { return Err(here()) };
    if outbox.is_mute() {
        let text = "what is heard comes as a stream: send `Accept: application/json, text/event-stream`";
        return Err(Fault::InvalidRequest(text.to_owned()));
    }
    check(core, &params.notifications)?;
    core.nodes.hears(core).await;
    let granted = grant(core, cx, params.notifications).await;
    let resources = granted.resource_subscriptions.iter().cloned().collect();
    let listen = Listen {
        id: request_id(&id),
        dialect: exchange.dialect(),
        outbox: Arc::clone(&outbox),
        lists: granted.clone(),
        resources,
        over: Notify::new(),
    };
    let open = Open::begin(core, cx, Arc::new(listen), granted)?;
    open.listen.over.notified().await;
    let why = "the server ends this subscription".to_owned();
    open.listen.say(Notice::Cancelled(CancelledNotificationParams::new(open.listen.id.clone()).reason(why)));
    Ok(Reply::Listen(SubscriptionsListenResult::new(&open.listen.id)))
}

/// Refuses more than is kept for one subscription.
fn check(core: &Core, wanted: &SubscriptionFilter) -> Result<(), Fault> {
    let limits = &core.limits.session;
    if wanted.resource_subscriptions.len() > limits.watches {
        let text = format!("one subscription takes at most {} resources", limits.watches);
        return Err(Fault::InvalidParams(format!("params.notifications.resourceSubscriptions: {text}")));
    }
    match wanted.resource_subscriptions.iter().position(|uri| uri.len() > limits.uri) {
        Some(at) => {
            let text = format!("a URI takes at most {} bytes", limits.uri);
            Err(Fault::InvalidParams(format!("params.notifications.resourceSubscriptions[{at}]: {text}")))
        }
        None => Ok(()),
    }
}

/// What of the wanted changes will be told.
async fn grant(core: &Core, cx: &Cx, wanted: SubscriptionFilter) -> SubscriptionFilter {
    let offered = announce::capabilities(core, cx);
    let mut granted = SubscriptionFilter::new();
    granted.tools_list_changed = wanted.tools_list_changed && offered.tools.is_some_and(|tools| tools.list_changed);
    granted.prompts_list_changed =
        wanted.prompts_list_changed && offered.prompts.is_some_and(|prompts| prompts.list_changed);
    let Some(resources) = offered.resources else { return granted };
    granted.resources_list_changed = wanted.resources_list_changed && resources.list_changed;
    if resources.subscribe {
        for uri in wanted.resource_subscriptions {
            let refused = match &core.hooks {
                Some(hooks) => hooks.subscribe(cx, &uri).await.is_err(),
                None => false,
            };
            if !refused {
                granted.resource_subscriptions.push(uri);
            }
        }
    }
    granted
}

/// A subscription that is open; it is over when this is dropped, however that comes.
struct Open {
    core: Arc<Core>,
    cx: Cx,
    number: u64,
    listen: Arc<Listen>,
}

impl Open {
    /// Says what will be told, and begins to tell it: nothing is told before, nothing after is missed.
    fn begin(core: &Arc<Core>, cx: &Cx, listen: Arc<Listen>, granted: SubscriptionFilter) -> Result<Self, Fault> {
        let number = core.listens.next.fetch_add(1, Ordering::Relaxed);
        let acknowledged = SubscriptionsAcknowledgedNotificationParams::new(&listen.id, granted);
        let acknowledged = listen.dialect.write_notice(Notice::SubscriptionsAcknowledged(acknowledged));
        let mut open = core.listens.lock();
        if open.len() >= core.limits.listens {
            let text = format!("{} subscriptions are open; try again later", open.len());
            return Err(Fault::Overloaded(text));
        }
        if let Some((method, params)) = acknowledged {
            listen.outbox.push(write::notification(&method, params.as_deref()), EntryKind::Message);
        }
        open.insert(number, Arc::clone(&listen));
        drop(open);
        if core.drain.is_leaving() {
            // Too late to be ended with the others.
            listen.over.notify_one();
        }
        Ok(Self { core: Arc::clone(core), cx: cx.clone(), number, listen })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.core.listens.lock().remove(&self.number);
        let (Some(hooks), Ok(runtime)) = (self.core.hooks.clone(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (cx, listen) = (self.cx.clone(), Arc::clone(&self.listen));
        runtime.spawn(async move {
            for uri in &listen.resources {
                if let Err(error) = hooks.unsubscribe(&cx, uri).await {
                    tracing::debug!(%error, "a hook could not hear that nobody listens any more");
                }
            }
        });
    }
}

impl fmt::Debug for Listens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listens").field("open", &self.len()).finish()
    }
}
