//! Messages to a session from outside, by their type.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::handler::{BoxFuture, Cx};

type Handler = Arc<dyn Fn(Value, Cx) -> BoxFuture<'static, Result> + Send + Sync>;

/// The handlers, by the name of the type they take.
#[derive(Default)]
pub(crate) struct Events(HashMap<&'static str, Handler>);

impl Events {
    pub(super) fn on<E, F, Fut>(&mut self, handler: F)
    where
        E: DeserializeOwned + Send + 'static,
        F: Fn(E, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let handler = move |event: Value, cx: Cx| -> BoxFuture<'static, Result> {
            match serde_json::from_value::<E>(event) {
                Ok(event) => {
                    let handling = handler(event, cx);
                    Box::pin(async move {
                        handling.await;
                        Ok(())
                    })
                }
                Err(error) => Box::pin(async move { Err(error.into()) }),
            }
        };
        self.0.insert(type_name::<E>(), Arc::new(handler));
    }

    /// The handling of this event.
    pub(super) fn handle<E: Serialize + 'static>(&self, event: &E, cx: Cx) -> Result<BoxFuture<'static, Result>> {
        let name = type_name::<E>();
        let missing = || Error::config(format!("nobody handles events of type `{name}`: add .on_event(..)"));
        let handler = self.0.get(name).ok_or_else(missing)?;
        Ok(handler(serde_json::to_value(event)?, cx))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
