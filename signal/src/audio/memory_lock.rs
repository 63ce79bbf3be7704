//! Keeps a library from locking far more memory than it uses.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

/// Enough for semaphores and the like.
const SMALL_BYTES: u64 = 1 << 20;

/// While this lives, this process may lock little memory, and this thread may not go beyond. What cannot be limited stays as it was.
pub(super) struct LockLittle {
    limit: Option<Rlimit>,
    sets: Option<CapabilitySets>,
}

impl LockLittle {
    pub(super) fn begin() -> Self {
        let now = getrlimit(Resource::Memlock);
        let small = now.current.map_or(SMALL_BYTES, |bytes| bytes.min(SMALL_BYTES));
        let limit = setrlimit(Resource::Memlock, Rlimit { current: Some(small), ..now }).is_ok().then_some(now);
        // Who may lock without a limit, root for instance, is asked not to.
        let sets = capabilities(None).ok().filter(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
        let sets = sets.filter(|sets| {
            let effective = sets.effective - CapabilitySet::IPC_LOCK;
            set_capabilities(None, CapabilitySets { effective, ..*sets }).is_ok()
        });
        Self { limit, sets }
    }
}

impl Drop for LockLittle {
    fn drop(&mut self) {
        // Back to what was allowed before; that cannot be refused.
        let _restored = self.sets.take().map(|sets| set_capabilities(None, sets));
        let _restored = self.limit.take().map(|limit| setrlimit(Resource::Memlock, limit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_small_for_a_while() {
        let before = (getrlimit(Resource::Memlock), capabilities(None).unwrap().effective);
        {
            let _little = LockLittle::begin();
            assert!(getrlimit(Resource::Memlock).current.is_some_and(|bytes| bytes <= SMALL_BYTES));
            assert!(!capabilities(None).unwrap().effective.contains(CapabilitySet::IPC_LOCK));
        }
        assert_eq!((getrlimit(Resource::Memlock), capabilities(None).unwrap().effective), before);
    }
}
