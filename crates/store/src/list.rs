//! What the lists of a merchant's records are made of. A record is named by its table, its macro of columns, and the columns that order it.

/// The newest records first. `$select` is the macro that begins with the columns; `$rest` says how many.
macro_rules! newest_first {
    ($select:ident, $at:literal, $id:literal, $where:expr, $rest:literal) => {
        $select!($where, concat!(" ORDER BY ", $at, " DESC, ", $id, " DESC ", $rest))
    };
}

/// How many records there are; as many as `$limit` says when there are more.
macro_rules! counted {
    ($table:literal, $where:expr, $limit:literal) => {
        concat!("SELECT COUNT(*) FROM (SELECT 1 FROM ", $table, " ", $where, " LIMIT ", $limit, ") AS found")
    };
}
