//! The versions of the API: the same endpoints at two addresses, of which a few answer in another shape.

/// A version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// `v2.5`, and what is served where nothing else is said.
    #[default]
    V2_5,
    /// `v2.5.1`. Its routes have this as an extension of each request.
    V2_5_1,
}
