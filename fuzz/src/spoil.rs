//! Bytes that were honest once.

/// Numbers from a seed, the same everywhere: SplitMix64.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins with a seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0, if there is none.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }
}

/// What readers stumble over.
const STUMBLING_BLOCKS: &[&[u8]] = &[
    b"-1",
    b"0",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e400",
    b"0.5",
    b"null",
    b"[]",
    b"{}",
    b"\"\"",
    b"\"\\ud800\"",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\x00",
    b"\xff\xff\xff\xff",
    b"\xef\xbb\xbf",
    b"\r\n",
    b",",
    b"9999-12-31",
    b"0000-00-00",
    b"24:00",
];

/// The bytes with one to four things wrong with them. `others` lend pieces of theirs.
pub fn spoilt(bytes: &[u8], others: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut spoilt = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        spoil(&mut spoilt, others, chance);
    }
    spoilt
}

fn spoil(bytes: &mut Vec<u8>, others: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let until = at + chance.below(bytes.len() - at + 1).min(chance.below(64));
    match chance.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..until)),
        3 => {
            let piece = bytes[at..until].to_vec();
            drop(bytes.splice(at..at, piece));
        }
        4 => drop(bytes.splice(at..at, (0..chance.below(16)).map(|_| chance.0.to_le_bytes()[3]))),
        5 => {
            if let Some(other) = others.get(chance.below(others.len())) {
                let from = chance.below(other.len() + 1);
                let to = from + chance.below(other.len() - from + 1);
                drop(bytes.splice(at..until, other[from..to].iter().copied()));
            }
        }
        6 => replace_a_number(bytes, at, chance),
        _ => {
            let block = STUMBLING_BLOCKS[chance.below(STUMBLING_BLOCKS.len())];
            drop(bytes.splice(at..until, block.iter().copied()));
        }
    }
}

/// Puts something extreme in the place of the next number behind `at`: most of what can be wrong is a number that fits nowhere.
fn replace_a_number(bytes: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let Some(first) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else {
        return;
    };
    let length = bytes[first..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let block = STUMBLING_BLOCKS[chance.below(8)];
    drop(bytes.splice(first..first + length, block.iter().copied()));
}
