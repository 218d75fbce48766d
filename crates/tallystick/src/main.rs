//! The program.

fn main() -> std::process::ExitCode {
    tallystick::main()
}
