//! How numbers look in a cell: a fixed number of decimals, so that the same run has the same bytes.
//!
//! Writing rounds half away from zero and never writes a negative zero. Neither direction lets through
//! a number that is not finite: such a cell would be drawn, summed or averaged into nonsense later.

use serde::{Deserialize, Deserializer, Serializer, de, ser};

/// What a cell that holds an infinity or `NaN` should have been.
pub(super) const FINITE_NUMBER: &str = "a finite number";

/// Seconds with 6 decimals: microseconds.
pub(super) mod seconds {
    use super::{Deserializer, Serializer, read, write};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        write::<6, S>(*value, to)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        read(from)
    }
}

/// Shares with 4 decimals: hundredths of a percent.
pub(super) mod share {
    use super::{Deserializer, Serializer, read, write};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        write::<4, S>(*value, to)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        read(from)
    }
}

/// Milliseconds with 3 decimals, or an empty cell.
pub(super) mod millis {
    use super::{Deserialize, Deserializer, FINITE_NUMBER, Serializer, de, write};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => write::<3, S>(*value, to),
            None => to.serialize_none(),
        }
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<f64>, D::Error> {
        let value = Option::<f64>::deserialize(from)?;
        if value.is_some_and(|v| !v.is_finite()) {
            return Err(de::Error::custom(FINITE_NUMBER));
        }
        Ok(value)
    }
}

fn write<const DECIMALS: u32, S: Serializer>(value: f64, to: S) -> Result<S::Ok, S::Error> {
    if !value.is_finite() {
        return Err(ser::Error::custom(FINITE_NUMBER));
    }
    let mut buffer = [b'0'; 32];
    match fixed::<DECIMALS>(value, &mut buffer) {
        Some(text) => to.serialize_str(text),
        // Beyond 2^63 units: no time or share of a run is that large, but the cell must still be right.
        None => to.collect_str(&format_args!("{value:.0$}", DECIMALS as usize)),
    }
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(from)?;
    if value.is_finite() { Ok(value) } else { Err(de::Error::custom(FINITE_NUMBER)) }
}

/// `value` with `DECIMALS` decimals, written from the end of `buffer`; nothing when it does not fit 63 bits.
/// About five times as fast as the formatting machinery, which matters at millions of cells.
fn fixed<const DECIMALS: u32>(value: f64, buffer: &mut [u8; 32]) -> Option<&str> {
    let scaled = (value.abs() * f64::from(10_u32.pow(DECIMALS))).round();
    if scaled >= 9.0e18 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= scaled < 9e18")]
    let mut rest = scaled as u64;
    let negative = value < 0.0 && rest > 0;
    let mut used: usize = 0;
    for (place, cell) in buffer.iter_mut().rev().enumerate() {
        if place == DECIMALS as usize {
            *cell = b'.';
        } else if rest == 0 && place > DECIMALS as usize + 1 {
            if !negative {
                break;
            }
            *cell = b'-';
            used += 1;
            break;
        } else {
            let digit = (rest % 10) as u8;
            *cell = b'0' + digit;
            rest /= 10;
        }
        used += 1;
    }
    std::str::from_utf8(buffer.get(buffer.len() - used..)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn six(value: f64) -> String {
        fixed::<6>(value, &mut [b'0'; 32]).unwrap().to_owned()
    }

    #[test]
    fn fixed_decimals() {
        for (value, text) in [
            (0.0, "0.000000"),
            (-0.0, "0.000000"),
            (12.5, "12.500000"),
            (-12.5, "-12.500000"),
            (0.000_000_4, "0.000000"),
            (-0.000_000_4, "0.000000"),
            (0.000_000_6, "0.000001"),
            (999_999.999_999_9, "1000000.000000"),
            (86_400.0, "86400.000000"),
        ] {
            assert_eq!(six(value), text, "{value}");
        }
        assert_eq!(fixed::<3>(1234.5678, &mut [b'0'; 32]), Some("1234.568"));
        assert_eq!(fixed::<4>(1.0, &mut [b'0'; 32]), Some("1.0000"));
        assert_eq!(fixed::<6>(1e13, &mut [b'0'; 32]), None);
    }

    proptest! {
        #[test]
        fn reads_back_within_half_a_unit(value in -1e6_f64..1e6) {
            let back: f64 = six(value).parse().unwrap();
            prop_assert!((back - value).abs() <= 0.500_1e-6, "{value} became {back}");
        }

        #[test]
        fn writing_again_changes_nothing(micros in 0_u64..1_000_000_000_000) {
            let once = six(micros as f64 / 1e6);
            prop_assert_eq!(six(once.parse().unwrap()), once);
        }
    }
}
