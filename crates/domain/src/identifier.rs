//! The numbers by which records are known outside. Each is unique in its installation and never given twice.

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A partner, inside. Outside, a partner is known by its code.
    PartnerId
);
number!(
    /// `clientIdentifier` of the Partner API.
    ClientIdentifier
);
number!(
    /// `confirmaFinanceCustomerCode` of the Partner API.
    CustomerCode
);
number!(
    /// `paymentReferencePrefix` of the Partner API: the digits that start every payment reference of a client.
    ReferencePrefix
);
number!(
    /// `merchant_id` of the POS API: number (10).
    MerchantId
);
