//! Makes cargo build anew when a migration is added: the macro that embeds them can't tell.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
