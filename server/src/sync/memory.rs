//! What the writer remembers between groups, so that busy tickets and devices need not be read again.

use std::collections::HashMap;
use std::hash::Hash;

/// A bounded memory that forgets what has not been used for longest, roughly.
///
/// Entries live in two generations. Using one takes it out; it comes back into the young one. When that is full, the old
/// one is forgotten and the young one takes its place. So the bound costs no bookkeeping for each use.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Eq + Hash, V> Memory<K, V> {
    /// An empty memory for up to twice `generation` entries.
    pub(crate) fn new(generation: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation }
    }

    /// Takes an entry out.
    pub(crate) fn take(&mut self, key: &K) -> Option<V> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Puts an entry in.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_again_and_again_is_remembered() {
        let mut memory = Memory::new(10);
        memory.put(0, "busy");
        for key in 1..1_000 {
            memory.put(key, "idle");
            let busy = memory.take(&0).unwrap();
            memory.put(0, busy);
        }
        assert_eq!(memory.take(&0), Some("busy"));
        assert_eq!(memory.take(&1), None);
    }

    #[test]
    fn a_memory_never_holds_more_than_two_generations() {
        let mut memory = Memory::new(10);
        for key in 0..1_000 {
            memory.put(key, ());
        }
        assert!(memory.young.len() + memory.old.len() <= 20);
    }
}
