using Xenolith.Host;

namespace Xenolith.Tests.Unit.Host;

/// <summary>Starting programs with exactly the descriptors they are meant to have.</summary>
public sealed class ChildProcessTests
{
    [Fact]
    public void A_child_has_null_input_its_output_and_the_named_descriptors_only()
    {
        using var zero = File.OpenHandle("/dev/zero");
        using var full = File.OpenHandle("/dev/full");

        var open = Run("exec readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3 /proc/self/fd/4 /proc/self/fd/5 /proc/self/fd/6 /proc/self/fd/7", zero, full);

        Assert.Matches(@"^/dev/null\nsocket:\[(\d+)\]\nsocket:\[\1\]\n/dev/zero\n/dev/full\n$", open);
    }

    [Fact]
    public void Descriptors_that_stand_in_each_others_places_arrive_in_order()
    {
        using var zero = File.OpenHandle("/dev/zero");
        using var full = File.OpenHandle("/dev/full");

        Assert.Contains("3 /dev/full\n4 /dev/zero\n5 /dev/full\n", Run("for n in 3 4 5; do echo $n $(readlink /proc/self/fd/$n); done", full, zero, full));
    }

    [Fact]
    public void It_leads_a_session_of_its_own() => Assert.Equal("same\n", Run("set -- $(cat /proc/self/stat); [ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo same"));

    [Fact]
    public void A_program_that_is_not_there_is_an_error_of_the_parent() =>
        Assert.Contains("/nonexistent", Assert.Throws<HostException>(() => ChildProcess.Spawn(new() { Program = "/nonexistent", Arguments = ["x"] })).Message);

    [Theory]
    [InlineData("exit 7", 7, 0)]
    [InlineData("kill -9 $$", -1, 9)]
    public void Its_end_is_told(string script, int code, int signal)
    {
        using var child = ChildProcess.Spawn(new() { Program = "/bin/sh", Arguments = ["sh", "-c", script] });
        Assert.True(child.WaitForEnd(-1));

        Assert.True(child.HasEnded);
        Assert.Equal(new ProcessEnd(code, signal), child.Reap());
    }

    [Fact]
    public void A_zombie_is_dead()
    {
        using var child = ChildProcess.Spawn(new() { Program = "/bin/true", Arguments = ["true"] });
        child.WaitForEnd(-1);

        Assert.False(ThreadTimes.IsAlive(child.Pid));
        child.Reap();
        Assert.Null(ProcessHandle.TryOpen(child.Pid));
    }

    [Fact]
    public void A_lock_is_held_as_long_as_any_process_has_the_file()
    {
        var path = Directory.CreateTempSubdirectory("xenolith-lock-").FullName;
        using var directory = DirectoryHandle.Open(path);
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        ProcessHandle child;
        using (var held = FileLock.TryTake(directory, "lock")!)
        {
            child = ChildProcess.Spawn(new() { Program = "/bin/sh", Arguments = ["sh", "-c", "read line <&4"], Descriptors = [held.File, theirs] });
        }

        Assert.True(FileLock.IsHeld(directory, "lock"));
        Assert.Null(FileLock.TryTake(directory, "lock"));
        Descriptors.WriteAll(ours, "\n"u8);
        child.WaitForEnd(-1);
        Assert.False(FileLock.IsHeld(directory, "lock"));
        child.Reap();
        child.Dispose();
        ours.Dispose();
        theirs.Dispose();
        Directory.Delete(path, recursive: true);
    }

    private static string Run(string script, params Microsoft.Win32.SafeHandles.SafeFileHandle[] descriptors)
    {
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        using (ours)
        {
            using (var child = Start())
            {
                theirs.Dispose();
                var text = new System.Text.StringBuilder();
                var buffer = new byte[4096];
                while (Descriptors.Read(ours, buffer) is > 0 and var count)
                {
                    text.Append(System.Text.Encoding.UTF8.GetString(buffer, 0, count));
                }

                child.WaitForEnd(-1);
                child.Reap();
                return text.ToString();
            }
        }

        ProcessHandle Start() => ChildProcess.Spawn(new() { Program = "/bin/sh", Arguments = ["sh", "-c", script], Output = theirs, Descriptors = descriptors });
    }
}
