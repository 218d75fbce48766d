//! What is wrong with an input, field by field. All faults of one input are gathered and told at once.

use std::borrow::Cow;

/// One fault of one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    /// The path of the field in the input, as the sender spelled it: `client.ibanAccount`.
    pub field: Cow<'static, str>,
    /// What is wrong, stable, in snake case: `iban_check_digits`.
    pub code: Cow<'static, str>,
    /// What is wrong and how to mend it, in one sentence for a person.
    pub message: Cow<'static, str>,
}

/// The faults found so far, in the order of the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// No fault yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a fault. Only the first one of a field is kept: the others follow from it.
    pub fn add(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        let field = field.into();
        if !self.has(&field) {
            self.0.push(Fault { field, code: code.into(), message: message.into() });
        }
    }

    /// Adds each fault of `others` under the rule of [`Faults::add`].
    pub fn extend(&mut self, others: impl IntoIterator<Item = Fault>) {
        for fault in others {
            self.add(fault.field, fault.code, fault.message);
        }
    }

    /// Whether `field` has a fault already.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|fault| fault.field == field)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// The faults.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_fault_of_a_field() {
        let mut faults = Faults::new();
        faults.add("client.name", "wrong_type", "A name is a text");
        faults.add("client.name", "required", "A client needs a name");
        assert_eq!(faults.as_slice().len(), 1);
        assert_eq!(faults.as_slice()[0].code, "wrong_type");
    }
}
