//! The numbers of new records, taken from blocks that this process leased.

use domain::identifier::{ClientIdentifier, CustomerCode, MerchantId, PartnerId, ReferencePrefix};
use store::number::Series;
use store::{Db, StoreError};
use tokio::sync::Mutex;

/// A block starts small, so that a laptop's restarts leave small gaps, and grows while blocks are used up.
const SMALLEST_BLOCK: i64 = 16;
const LARGEST_BLOCK: i64 = 1024;

/// Prefixes have eight digits, all of them, because a shorter one would be the start of a longer one and their references could not be
/// told apart.
const LAST_PREFIX: i64 = 99_999_999;

/// `merchant_id` of the POS API has ten digits.
const LAST_MERCHANT: i64 = 9_999_999_999;

/// The numbers of a new client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientNumbers {
    pub(crate) client: ClientIdentifier,
    pub(crate) customer_code: CustomerCode,
    pub(crate) reference_prefix: ReferencePrefix,
}

#[derive(Default)]
struct Block {
    next: ClientStart,
    left: i64,
    size: i64,
    /// Numbers that were taken and then not used, because the client was there already. Only as many as one block, so that it stays small.
    returned: Vec<ClientNumbers>,
}

#[derive(Clone, Copy, Default)]
struct ClientStart {
    client: i64,
    customer_code: i64,
    reference_prefix: i64,
}

pub(crate) struct Numbers {
    db: Db,
    block: Mutex<Block>,
    merchants: Mutex<MerchantBlock>,
}

/// A block of its own: most clients are no merchants.
#[derive(Default)]
struct MerchantBlock {
    next: i64,
    left: i64,
    size: i64,
}

impl Numbers {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, block: Mutex::default(), merchants: Mutex::default() }
    }

    /// The numbers of one new client, never given before or again.
    pub(crate) async fn client(&self) -> Result<ClientNumbers, StoreError> {
        let mut block = self.block.lock().await;
        if let Some(numbers) = block.returned.pop() {
            return Ok(numbers);
        }
        if block.left == 0 {
            let size = (block.size * 2).clamp(SMALLEST_BLOCK, LARGEST_BLOCK);
            let next: ClientStart = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let reference_prefix = store::number::lease(tx, Series::ReferencePrefix, size).await?;
                        if reference_prefix + size - 1 > LAST_PREFIX {
                            return Err(StoreError::unreadable(
                                "number_block",
                                "the payment reference prefixes of eight digits are used up",
                            ));
                        }
                        Ok::<_, StoreError>(ClientStart {
                            client: store::number::lease(tx, Series::Client, size).await?,
                            customer_code: store::number::lease(tx, Series::CustomerCode, size).await?,
                            reference_prefix,
                        })
                    })
                })
                .await?;
            *block = Block { next, left: size, size, returned: Vec::new() };
        }
        let taken = block.next;
        block.left -= 1;
        block.next = ClientStart {
            client: taken.client + 1,
            customer_code: taken.customer_code + 1,
            reference_prefix: taken.reference_prefix + 1,
        };
        Ok(ClientNumbers {
            client: ClientIdentifier(taken.client),
            customer_code: CustomerCode(taken.customer_code),
            reference_prefix: ReferencePrefix(taken.reference_prefix),
        })
    }

    /// Takes back numbers that no client got, so that repeats of what is there do not use the prefixes up.
    pub(crate) async fn give_back(&self, numbers: ClientNumbers) {
        let mut block = self.block.lock().await;
        if block.returned.len() < LARGEST_BLOCK as usize {
            block.returned.push(numbers);
        }
    }

    /// The number of a new merchant, never given before or again.
    pub(crate) async fn merchant(&self) -> Result<MerchantId, StoreError> {
        let mut block = self.merchants.lock().await;
        if block.left == 0 {
            let size = (block.size * 2).clamp(SMALLEST_BLOCK, LARGEST_BLOCK);
            let next = self
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let next = store::number::lease(tx, Series::Merchant, size).await?;
                        if next + size - 1 > LAST_MERCHANT {
                            return Err(StoreError::unreadable(
                                "number_block",
                                "the merchant ids of ten digits are used up",
                            ));
                        }
                        Ok(next)
                    })
                })
                .await?;
            *block = MerchantBlock { next, left: size, size };
        }
        let taken = block.next;
        block.left -= 1;
        block.next += 1;
        Ok(MerchantId(taken))
    }

    /// The number of a new partner.
    pub(crate) async fn partner(&self) -> Result<PartnerId, StoreError> {
        self.db
            .write(|tx| Box::pin(async move { store::number::lease(tx, Series::Partner, 1).await.map(PartnerId) }))
            .await
    }
}
