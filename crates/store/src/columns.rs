//! Rows of either engine, read by the same words.

use rusqlite::types::FromSql;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};

use crate::error::EngineError;

/// A row that a statement gave.
pub(crate) enum Columns<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r PgRow),
}

/// A type that a column may have on both engines.
pub(crate) trait Column: FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres> {}

impl<T: FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres>> Column for T {}

impl Columns<'_> {
    /// The value of the column of this name. It is looked for at `place` first, which goes on by one: most statements name their columns
    /// in the order in which they are read, and SQLite finds a name only by comparing it with one after the other.
    pub(crate) fn named<T: Column>(&self, place: &mut usize, name: &str) -> Result<T, EngineError> {
        let here = *place;
        *place += 1;
        match self {
            Self::Sqlite(row) if row.as_ref().column_name(here).is_ok_and(|found| found == name) => Ok(row.get(here)?),
            Self::Sqlite(row) => Ok(row.get(name)?),
            Self::Postgres(row) => Ok(row.try_get(name)?),
        }
    }

    /// The value of the column at this place, from 0.
    pub(crate) fn at<T: Column>(&self, place: usize) -> Result<T, EngineError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(place)?),
            Self::Postgres(row) => Ok(row.try_get(place)?),
        }
    }
}

/// What a row is read into. The `columns!` macro writes it.
pub(crate) trait FromColumns: Sized {
    fn from_columns(columns: &Columns<'_>) -> Result<Self, EngineError>;
}

/// Says from which column each field of a row comes: the one of its own name, unless another is named with `=`; converted from the
/// column's type, when one is named with `as`.
macro_rules! columns {
    ($row:ident { $($field:ident $(as $kept:ty)? $(= $name:literal)?),* $(,)? }) => {
        impl $crate::columns::FromColumns for $row {
            fn from_columns(columns: &$crate::columns::Columns<'_>) -> Result<Self, $crate::error::EngineError> {
                let mut place = 0;
                Ok(Self { $($field: columns!(@read columns, place, $field $(as $kept)? $(= $name)?)),* })
            }
        }
    };
    (@read $columns:ident, $place:ident, $field:ident) => { $columns.named(&mut $place, stringify!($field))? };
    (@read $columns:ident, $place:ident, $field:ident = $name:literal) => { $columns.named(&mut $place, $name)? };
    (@read $columns:ident, $place:ident, $field:ident as $kept:ty) => { $columns.named::<$kept>(&mut $place, stringify!($field))?.into() };
    (@read $columns:ident, $place:ident, $field:ident as $kept:ty = $name:literal) => { $columns.named::<$kept>(&mut $place, $name)?.into() };
}

macro_rules! tuple {
    ($($column:ident $place:literal),*) => {
        impl<$($column: Column),*> FromColumns for ($($column,)*) {
            fn from_columns(columns: &Columns<'_>) -> Result<Self, EngineError> {
                Ok(($(columns.at::<$column>($place)?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);

/// What the driver of PostgreSQL gave, read; named as its methods are.
pub(crate) mod postgres {
    use super::{Columns, EngineError, FromColumns, PgRow};

    pub(crate) fn fetch_one<T: FromColumns>(row: Result<PgRow, sqlx::Error>) -> Result<T, EngineError> {
        T::from_columns(&Columns::Postgres(&row?))
    }

    pub(crate) fn fetch_optional<T: FromColumns>(
        row: Result<Option<PgRow>, sqlx::Error>,
    ) -> Result<Option<T>, EngineError> {
        row?.as_ref().map(|row| T::from_columns(&Columns::Postgres(row))).transpose()
    }

    pub(crate) fn fetch_all<T: FromColumns>(rows: Result<Vec<PgRow>, sqlx::Error>) -> Result<Vec<T>, EngineError> {
        rows?.iter().map(|row| T::from_columns(&Columns::Postgres(row))).collect()
    }
}
