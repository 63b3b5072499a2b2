using System.Buffers.Text;

namespace Xenolith.Host;

/// <summary>CPU time and state of threads and processes, from /proc, without asking the process itself.</summary>
/// <param name="Running">The thread runs or waits for a CPU now.</param>
/// <param name="Nanoseconds">CPU time it has used.</param>
public readonly record struct ThreadTimes(bool Running, long Nanoseconds)
{
    /// <summary>Of one thread; null if it is gone.</summary>
    public static ThreadTimes? Of(int pid, int thread)
    {
        Span<byte> buffer = stackalloc byte[512];
        var stat = ReadStat($"/proc/{pid}/task/{thread}/stat", buffer);
        if (stat.IsEmpty)
        {
            return null;
        }

        var running = stat[0] == 'R';
        var schedule = ReadSmall($"/proc/{pid}/task/{thread}/schedstat", buffer);
        return Utf8Parser.TryParse(schedule, out long nanoseconds, out _) ? new(running, nanoseconds) : null;
    }

    /// <summary>Is the process there and no zombie?</summary>
    public static bool IsAlive(int pid) => StateOf(pid) is not (0 or (byte)'Z' or (byte)'X');

    /// <summary>Is the process stopped, by a signal or a debugger?</summary>
    public static bool IsStopped(int pid) => StateOf(pid) is (byte)'T' or (byte)'t';

    /// <summary>When a process began, in clock ticks since boot; null if it is gone.</summary>
    public static long? BeginningOf(int pid)
    {
        const int beginning = 22, state = 3;
        Span<byte> buffer = stackalloc byte[512];
        var stat = ReadStat($"/proc/{pid}/stat", buffer);
        for (var field = state; field < beginning; field++)
        {
            stat = stat[(stat.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(stat, out long ticks, out _) ? ticks : null;
    }

    /// <summary>The host's busy time since boot, all CPUs together, in nanoseconds.</summary>
    public static long HostBusyNanoseconds()
    {
        Span<byte> buffer = stackalloc byte[512];
        var line = ReadSmall("/proc/stat", buffer);
        // cpu user nice system idle iowait irq softirq steal ..., in clock ticks of 10 ms
        long busy = 0;
        line = line[Math.Min(line.Length, 3)..];
        for (var column = 0; column < 7; column++)
        {
            line = line.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(line, out long ticks, out var used))
            {
                break;
            }

            busy += column is 3 or 4 ? 0 : ticks;
            line = line[used..];
        }

        return busy * 10_000_000;
    }

    /// <summary>The state's letter as ps shows it; 0 if the process is gone.</summary>
    private static byte StateOf(int pid)
    {
        Span<byte> buffer = stackalloc byte[512];
        var stat = ReadStat($"/proc/{pid}/stat", buffer);
        return stat.IsEmpty ? (byte)0 : stat[0];
    }

    /// <summary>A stat file from field 3, the state, on: the name before it may hold anything. Empty if the process or thread is gone.</summary>
    private static ReadOnlySpan<byte> ReadStat(string path, Span<byte> buffer)
    {
        var stat = ReadSmall(path, buffer);
        var afterName = stat.LastIndexOf(") "u8);
        return afterName < 0 ? [] : stat[(afterName + 2)..];
    }

    private static ReadOnlySpan<byte> ReadSmall(string path, Span<byte> buffer)
    {
        try
        {
            using var file = Descriptors.OpenForReading(path);
            return buffer[..Math.Max(0, Descriptors.Read(file, buffer))];
        }
        catch (HostException)
        {
            return []; // the thread ended between two looks
        }
    }
}
