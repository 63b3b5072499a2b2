using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Xenolith.Abi;
using Xenolith.Boot;
using Xenolith.Boot.Cache;
using Xenolith.Host;
using Xenolith.Toolstack.Domains;
using Xenolith.Translator;

// A developer's runner: boots a kernel in this process with stdin and stdout as its console. No store, no monitor.
// usage: FirstLight KERNEL RAMDISK MEBIBYTES VCPUS [--cache] [--stop-at TEXT] [--counters] [--registers] [--limit SECONDS] -- COMMAND LINE
var options = args.TakeWhile(a => a != "--").ToArray();
var commandLine = string.Join(' ', args.SkipWhile(a => a != "--").Skip(1));
if (options.Length < 4)
{
    Console.Error.WriteLine("usage: FirstLight KERNEL RAMDISK MEBIBYTES VCPUS [--cache] [--stop-at TEXT] [--counters] [--registers] [--limit SECONDS] -- COMMAND LINE");
    return 2;
}

var stopAt = Array.IndexOf(options, "--stop-at") is var at and >= 0 ? options[at + 1] : null;
var clock = Stopwatch.StartNew();
var (consoleGuest, consoleHost) = UnixSockets.Pair(UnixSocketKind.Stream);
var (storeGuest, storeHost) = UnixSockets.Pair(UnixSocketKind.Stream);
Descriptors.SetNonBlocking(consoleGuest);
Descriptors.SetNonBlocking(storeGuest);
var ended = new TaskCompletionSource<ShutdownReason>();
try
{
    var memory = long.Parse(options[2], CultureInfo.InvariantCulture) << 10;
    using var kernel = File.OpenHandle(options[0]);
    using var ramdisk = options[1] == "none" ? null : File.OpenHandle(options[1]);
    using var domain = PvDomain.Build(
        new PvDomainParameters
        {
            Id = 1,
            Uuid = Guid.NewGuid(),
            Kernel = kernel,
            KernelName = options[0],
            Ramdisk = ramdisk,
            RamdiskName = options[1],
            CommandLine = commandLine,
            MemoryKiB = memory,
            MaximumMemoryKiB = memory,
            MaximumVcpus = int.Parse(options[3], CultureInfo.InvariantCulture),
            Console = consoleGuest,
            Store = storeGuest,
            KernelCache = options.Contains("--cache") ? KernelCache.OfUser() : null,
        },
        m => new TranslatorEngine(m.Frames, m.Walk, Console.Error.WriteLine));
    domain.ShutDown = reason => ended.TrySetResult(reason);
    domain.DeviceFailed = Console.Error.WriteLine;
    domain.Machine.Log.LineWritten = line => Console.Error.WriteLine($"(xen) {line}");
    new Thread(() => Show(consoleHost, stopAt, ended)) { IsBackground = true }.Start();
    new Thread(() => Type(consoleHost)) { IsBackground = true }.Start();
    new Thread(() => EmptyStore.Answer(storeHost)) { IsBackground = true }.Start();
    Console.Error.WriteLine($"built after {clock.ElapsedMilliseconds} ms");
    domain.Unpause();
    var limit = Array.IndexOf(options, "--limit") is var l and >= 0 ? TimeSpan.FromSeconds(int.Parse(options[l + 1], CultureInfo.InvariantCulture)) : Timeout.InfiniteTimeSpan;
    if (await Task.WhenAny(ended.Task, Task.Delay(limit)) != ended.Task)
    {
        // Registers of vCPUs that run are those of their last exit: near enough to see where they are.
        Console.Error.WriteLine("the time is over");
        VcpuDump.Write(domain.Machine);
        Environment.Exit(4);
    }

    var reason = await ended.Task;
    Console.Error.WriteLine($"ended after {clock.ElapsedMilliseconds} ms: {reason} {domain.Machine.CrashCause}");
    if (options.Contains("--registers"))
    {
        VcpuDump.Write(domain.Machine);
    }

    if (options.Contains("--counters"))
    {
        foreach (var (name, value) in domain.Machine.Engine.Counters().Concat(domain.Machine.MmuCounters()).Concat(domain.Machine.HypercallCounters()).Where(c => c.Value != 0))
        {
            Console.Error.WriteLine($"{name,-40} {value,12}");
        }
    }

    Environment.Exit(reason == ShutdownReason.Poweroff ? 0 : 1);
    return 0;
}
catch (BootException e)
{
    Console.Error.WriteLine(e.Message);
    return 3;
}

static void Show(SafeFileHandle console, string? stopAt, TaskCompletionSource<ShutdownReason> ended)
{
    using var output = Console.OpenStandardOutput();
    var buffer = new byte[4096];
    var seen = string.Empty;
    for (int count; (count = Descriptors.Read(console, buffer)) > 0;)
    {
        output.Write(buffer, 0, count);
        output.Flush();
        if (stopAt is not null)
        {
            seen = (seen + System.Text.Encoding.Latin1.GetString(buffer, 0, count))[^Math.Min(seen.Length + count, 8192)..];
            if (seen.Contains(stopAt, StringComparison.Ordinal))
            {
                ended.TrySetResult(ShutdownReason.Poweroff);
            }
        }
    }
}

static void Type(SafeFileHandle console)
{
    using var input = Console.OpenStandardInput();
    var buffer = new byte[256];
    for (int count; (count = input.Read(buffer)) > 0;)
    {
        Descriptors.WriteAll(console, buffer.AsSpan(0, count));
    }
}

/// <summary>A store that has nothing: enough for a guest that only asks.</summary>
internal static class EmptyStore
{
    private const int HeaderSize = 16, WatchType = 4, ErrorType = 16;

    public static void Answer(SafeFileHandle connection)
    {
        var header = new byte[HeaderSize];
        var payload = new byte[4096];
        while (Fill(connection, header))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
            if (length is < 0 or > 4096 || !Fill(connection, payload.AsSpan(0, length)))
            {
                return;
            }

            var watch = BinaryPrimitives.ReadInt32LittleEndian(header) == WatchType;
            ReadOnlySpan<byte> answer = watch ? "OK\0"u8 : "ENOENT\0"u8;
            BinaryPrimitives.WriteInt32LittleEndian(header, watch ? WatchType : ErrorType);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), answer.Length);
            Descriptors.WriteAll(connection, header);
            Descriptors.WriteAll(connection, answer);
        }
    }

    private static bool Fill(SafeFileHandle connection, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var count = Descriptors.Read(connection, into);
            if (count <= 0)
            {
                return false;
            }

            into = into[count..];
        }

        return true;
    }
}
