//! Bars of Code 128, code set C (ISO/IEC 15417): two digits to a symbol character.

/// The widths of bars and spaces in modules, a bar first, of the values 0 to 105 (ISO/IEC 15417 table 1). Each has 11.
const WIDTHS: [&[u8; 6]; 106] = [
    b"212222", b"222122", b"222221", b"121223", b"121322", b"131222", b"122213", b"122312", b"132212", b"221213",
    b"221312", b"231212", b"112232", b"122132", b"122231", b"113222", b"123122", b"123221", b"223211", b"221132",
    b"221231", b"213212", b"223112", b"312131", b"311222", b"321122", b"321221", b"312212", b"322112", b"322211",
    b"212123", b"212321", b"232121", b"111323", b"131123", b"131321", b"112313", b"132113", b"132311", b"211313",
    b"231113", b"231311", b"112133", b"112331", b"132131", b"113123", b"113321", b"133121", b"313121", b"211331",
    b"231131", b"213113", b"213311", b"213131", b"311123", b"311321", b"331121", b"312113", b"312311", b"332111",
    b"314111", b"221411", b"431111", b"111224", b"111422", b"121124", b"121421", b"141122", b"141221", b"112214",
    b"112412", b"122114", b"122411", b"142112", b"142211", b"241211", b"221114", b"413111", b"241112", b"134111",
    b"111242", b"121142", b"121241", b"114212", b"124112", b"124211", b"411212", b"421112", b"421211", b"212141",
    b"214121", b"412121", b"111143", b"111341", b"131141", b"114113", b"114311", b"411113", b"411311", b"113141",
    b"114131", b"311141", b"411131", b"211412", b"211214", b"211232",
];

/// What ends every symbol: 13 modules.
const STOP: &[u8; 7] = b"2331112";

/// The value of the start character of code set C.
const START_C: usize = 105;

/// A bar: where it begins and how wide it is, in modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) at: u16,
    pub(crate) width: u16,
}

/// The bars of a symbol, and its width in modules without the quiet zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) bars: Vec<Bar>,
    pub(crate) width: u16,
}

/// The symbol of `digits`. `None` when they are not an even number of digits.
pub(crate) fn symbol(digits: &str) -> Option<Symbol> {
    let values = values(digits)?;
    let mut symbol = Symbol { bars: Vec::with_capacity(values.len() * 3 + 4), width: 0 };
    for value in values {
        symbol.add(WIDTHS[value]);
    }
    symbol.add(STOP);
    Some(symbol)
}

impl Symbol {
    fn add(&mut self, widths: &[u8]) {
        for (place, width) in widths.iter().enumerate() {
            let width = u16::from(width - b'0');
            if place % 2 == 0 {
                self.bars.push(Bar { at: self.width, width });
            }
            self.width += width;
        }
    }
}

/// The values of the characters before the stop: start, pairs of digits, and the check character, which is the sum of
/// all values, each pair times its place, modulo 103 (ISO/IEC 15417 annex A).
fn values(digits: &str) -> Option<Vec<usize>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| usize::from(pair[0] - b'0') * 10 + usize::from(pair[1] - b'0'));
    let mut values = vec![START_C];
    values.extend(pairs);
    let sum: usize = values.iter().enumerate().map(|(place, value)| value * place.max(1)).sum();
    values.push(sum % 103);
    Some(values)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_character_is_eleven_modules_of_its_own_with_even_bars() {
        assert_eq!(WIDTHS.iter().collect::<BTreeSet<_>>().len(), WIDTHS.len());
        for widths in WIDTHS {
            let number = |width: &u8| usize::from(width - b'0');
            assert_eq!(widths.iter().map(number).sum::<usize>(), 11);
            // The bars of every character but the stop are an even number of modules: its parity.
            assert_eq!(widths.iter().step_by(2).map(number).sum::<usize>() % 2, 0);
        }
    }

    #[test]
    fn the_check_character_is_reckoned_over_all() {
        // 105 + 1 * 12 + 2 * 34 + 3 * 56 = 353 = 3 * 103 + 44.
        assert_eq!(values("123456"), Some(vec![105, 12, 34, 56, 44]));
        assert_eq!(values(""), Some(vec![105, 2]));
        for wrong in ["1", "12a4", "１２"] {
            assert_eq!(values(wrong), None);
        }
    }

    #[test]
    fn a_bank_bar_code_is_332_modules_wide() {
        let symbol = symbol("479440520200360820048831500000000868516259619897100612").unwrap();
        assert_eq!(symbol.width, 332);
        assert_eq!(symbol.bars.len(), 29 * 3 + 4);
        assert_eq!(symbol.bars[0], Bar { at: 0, width: 2 });
        assert_eq!(symbol.bars.last(), Some(&Bar { at: 330, width: 2 }));
        for pair in symbol.bars.windows(2) {
            assert!(pair[0].at + pair[0].width < pair[1].at);
        }
    }
}
