//! Secrets by type.

use zeroize::Zeroize;

/// A value that must not be shown: it has no `Display` and no `Serialize`, its `Debug` hides it, and it is wiped from memory when
/// dropped. To show one is an explicit call to [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into keeping.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever hands it to a person records that in the audit trail.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, to fill it in.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> std::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
