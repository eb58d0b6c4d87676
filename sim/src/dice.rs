//! The one source of chance: everything that a seed does follows from it.

use uuid::Uuid;

/// The generator called SplitMix64. The same on every machine and in every version.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice that fall like all others of this seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x6a09_e667_f3bc_c908)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from `from` up to and including `until`.
    pub(crate) fn between(&mut self, from: i64, until: i64) -> i64 {
        from + self.below(until.abs_diff(from) + 1).cast_signed()
    }

    /// A number from `from` up to and including `until`, both above 0: each order of magnitude as likely as another.
    pub(crate) fn spread(&mut self, from: i64, until: i64) -> i64 {
        let doublings = (until / from).ilog2();
        let power = self.below(u64::from(doublings) + 1);
        let low = from << power;
        self.between(low, (low * 2).min(until).max(low))
    }

    /// True so many times in a million.
    pub(crate) fn falls(&mut self, in_a_million: u32) -> bool {
        self.below(1_000_000) < u64::from(in_a_million)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.falls(percent * 10_000)
    }

    /// A number from 0 up to and not including `count`, which is not 0.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).expect("what is below a length is a length")
    }

    /// One of the choices, if there is any.
    pub(crate) fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        if choices.is_empty() { None } else { choices.get(self.index(choices.len())) }
    }

    /// One of the choices, of which there is at least one.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// A UUID.
    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 64 | u128::from(self.next()))
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a thousandth is exact enough for a jitter")]
    pub(crate) fn fraction(&mut self) -> f64 {
        self.below(1_001) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way_and_others_do_not() {
        let throw = |seed| Dice::new(seed).next();
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        let mut dice = Dice::new(7);
        for _ in 0..1_000 {
            assert!((-5..=5).contains(&dice.between(-5, 5)));
            assert!((10..=1_000).contains(&dice.spread(10, 1_000)));
            assert!(dice.below(3) < 3);
        }
    }
}
