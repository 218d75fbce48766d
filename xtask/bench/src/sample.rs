//! What several rounds gave.

/// The values of the rounds of one measure.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The one in the middle, or the mean of the two there; not a number when there is none.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match self.0.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => self.0[middle],
            _ => f64::midpoint(self.0[middle - 1], self.0[middle]),
        }
    }

    /// The value that `part` of the values do not exceed.
    pub(crate) fn at(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sample has a few hundred values, and a part is between 0 and 1"
        )]
        let rank = (self.0.len() as f64 * part).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn lowest(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn highest(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sample = Self::default();
        for value in values {
            sample.add(value);
        }
        sample
    }
}

/// Values of two rivals, taken in turns: the ratio of each pair, so that what slows the machine for a while slows both.
pub(crate) fn ratios(of: &[f64], to: &[f64]) -> Sample {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        let sample: Sample = [9.0, 1.0, 5.0].into_iter().collect();
        assert_eq!((sample.lowest(), sample.median(), sample.highest()), (1.0, 5.0, 9.0));
        let even: Sample = [4.0, 1.0, 2.0, 9.0].into_iter().collect();
        assert_eq!(even.median(), 3.0);
        assert!(Sample::default().median().is_nan());
        let hundred: Sample = (1..=100).map(f64::from).collect();
        assert_eq!((hundred.at(0.99), hundred.at(0.01), hundred.at(1.0)), (99.0, 1.0, 100.0));
    }

    #[test]
    fn a_ratio_belongs_to_its_pair() {
        // The median of each rival alone would say 2.
        let sample = ratios(&[10.0, 40.0, 20.0], &[10.0, 10.0, 40.0]);
        assert_eq!((sample.lowest(), sample.median(), sample.highest()), (0.5, 1.0, 4.0));
    }
}
