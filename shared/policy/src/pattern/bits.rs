//! Sets of positions, a bit each.

pub(super) type Bits = Vec<u64>;

pub(super) fn set_bit(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

pub(super) fn is_set(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

pub(super) fn meets(left: &[u64], right: &[u64]) -> bool {
    left.iter().zip(right).any(|(l, r)| l & r != 0)
}

/// Clears the bits from `from` up to but without `to`.
pub(super) fn clear(bits: &mut [u64], from: usize, to: usize) {
    let mut at = from;
    while at < to {
        let end = (at / 64 + 1) * 64;
        let upto = end.min(to);
        let above = u64::MAX << (at % 64);
        let below = if upto == end {
            u64::MAX
        } else {
            (1 << (upto % 64)) - 1
        };
        if let Some(word) = bits.get_mut(at / 64) {
            *word &= !(above & below);
        }
        at = upto;
    }
}
