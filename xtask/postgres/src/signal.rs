use std::fs;
use std::process::{Command, Stdio};

use crate::Fault;

/// Tells the server `pid` to end at once: it cuts its connections and writes nothing more.
pub(crate) fn immediate_shutdown(pid: u32) -> Result<(), Fault> {
    shell("kill -QUIT \"$1\"", pid).map(drop)
}

/// Kills the server `pid` and each of its processes, so that none can say good-bye to a client. Answers the numbers of those
/// processes.
pub(crate) fn kill_all(pid: u32) -> Result<Vec<u32>, Fault> {
    // Stopped first, the server can make no process that the list lacks.
    let script = "kill -STOP \"$1\"
        children=$(cat \"/proc/$1/task/$1/children\")
        kill -KILL \"$1\" $children
        echo $children";
    let children = shell(script, pid)?;
    Ok(children.split_whitespace().filter_map(|child| child.parse().ok()).collect())
}

/// Whether the process `pid` has let go of all it held, though nobody may have asked yet how it ended.
pub(crate) fn is_gone(pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    // proc(5): the state follows the name, which stands in parentheses and may hold some itself.
    status.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

/// Sending a signal takes unsafe code, or the shell.
fn shell(script: &str, pid: u32) -> Result<String, Fault> {
    let output = Command::new("sh")
        .args(["-c", script, "sh", &pid.to_string()])
        .stderr(Stdio::null())
        .output()
        .map_err(Fault::system("run `sh`"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
