//! How values of each type are kept, as far as it was declared or asked for.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Durable, Kept};
use crate::error::{Error, Result};

/// How values of each type are kept. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keeps(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    by_type: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    by_key: HashMap<Box<str>, (TypeId, &'static str)>,
    /// What was declared wrongly, for when the server is built.
    mistake: Option<String>,
}

impl Keeps {
    /// Says how values of this type are kept. Should be said before they are asked for.
    pub(crate) fn declare<T: Durable>(&self, kept: Kept<T>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let added = match known.by_type.contains_key(&TypeId::of::<T>()) {
            true => Err(Error::config(format!("`{}` is kept in two ways: call .keep(..) once", type_name::<T>()))),
            false => known.add(kept),
        };
        if let Err(error) = added {
            known.mistake.get_or_insert(error.to_string());
        }
    }

    /// How values of this type are kept.
    ///
    /// # Errors
    ///
    /// Another type is kept under the same key.
    pub(crate) fn of<T: Durable>(&self) -> Result<Arc<Kept<T>>> {
        let id = TypeId::of::<T>();
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).by_type.get(&id).cloned();
        if let Some(kept) = found.and_then(|found| found.downcast().ok()) {
            return Ok(kept);
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = known.by_type.get(&id).cloned().and_then(|found| found.downcast().ok());
        kept.map_or_else(|| known.add(Kept::new()), Ok)
    }

    /// # Errors
    ///
    /// Something was declared wrongly.
    pub(crate) fn check(&self) -> Result {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.mistake.clone().map_or(Ok(()), |mistake| Err(Error::config(mistake)))
    }
}

impl Known {
    fn add<T: Durable>(&mut self, kept: Kept<T>) -> Result<Arc<Kept<T>>> {
        let (id, name) = (TypeId::of::<T>(), type_name::<T>());
        let key = kept.key.clone();
        if let Some((other, before)) = self.by_key.get(&key)
            && *other != id
        {
            let text = format!(
                "`{before}` and `{name}` are both kept under the key `{key}`: give one of them another, with \
                 .keep(Kept::<..>::new().key(\"..\"))"
            );
            return Err(Error::config(text));
        }
        let kept = Arc::new(kept);
        self.by_type.insert(id, Arc::clone(&kept) as _);
        self.by_key.insert(key, (id, name));
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    struct Cart;

    mod other {
        #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
        pub(super) struct Cart;
    }

    #[test]
    fn two_types_of_one_name_are_refused_until_one_has_a_key_of_its_own() {
        let keeps = Keeps::default();
        keeps.of::<Cart>().unwrap();
        keeps.of::<Cart>().unwrap();
        let error = keeps.of::<other::Cart>().unwrap_err().to_string();
        assert!(error.contains("keeps::tests::Cart") && error.contains("other::Cart"), "{error}");

        keeps.declare(Kept::<other::Cart>::new().key("cart of another"));
        assert_eq!(&*keeps.of::<other::Cart>().unwrap().key, "cart of another");
        keeps.check().unwrap();
    }

    #[test]
    fn a_type_is_declared_once() {
        let keeps = Keeps::default();
        keeps.declare(Kept::<Cart>::new().key("a"));
        keeps.declare(Kept::<Cart>::new().key("b"));
        assert!(keeps.check().unwrap_err().to_string().contains("two ways"));
    }
}
