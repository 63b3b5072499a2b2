using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Boot;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Domains;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>
/// A guest that does what its command line says, word by word, once it is unpaused: <c>say=TEXT</c>, <c>flood=BYTES</c>, <c>sleep=MS</c>,
/// <c>spin=MS</c>, <c>echo</c> (for ever), <c>shutdown=REASON</c>, <c>abort</c>, <c>tell=VERB,FIELD,VALUE</c> (to the monitor, past all that is right). <c>refuse=TEXT</c> fails the building of it, <c>slow=MS</c> delays it.
/// </summary>
internal sealed class ScriptedAssembly : IDomainAssembly
{
    public IRunningDomain Build(DomainResources resources, IDomainEvents events)
    {
        var words = (resources.Config.CommandLine ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var word in words)
        {
            if (word.StartsWith("refuse=", StringComparison.Ordinal))
            {
                throw new BootException("the scripted kernel", word[7..], "Script another");
            }

            if (word.StartsWith("slow=", StringComparison.Ordinal))
            {
                Thread.Sleep(int.Parse(word[5..], CultureInfo.InvariantCulture));
            }
        }

        Assert.True(RandomAccess.GetLength(resources.Kernel) > 0, "the kernel came as an open file");
        return new ScriptedDomain(resources, events, words);
    }
}

/// <summary>The guest itself: one thread stands for its vCPU.</summary>
internal sealed class ScriptedDomain : IRunningDomain
{
    private readonly DomainResources _resources;
    private readonly IDomainEvents _events;
    private readonly ManualResetEventSlim _runs = new(false);
    private readonly ManualResetEventSlim _ready = new(false);
    private readonly string[] _words;
    private int _thread;
    private int _storeChanges;

    public ScriptedDomain(DomainResources resources, IDomainEvents events, string[] words)
    {
        (_resources, _events, _words) = (resources, events, words);
        new Thread(Live) { IsBackground = true }.Start();
        _ready.Wait();
    }

    public ulong StoreMfn => 0x1001;

    public uint StorePort => 1;

    public ulong ConsoleMfn => 0x1002;

    public uint ConsolePort => 2;

    public IReadOnlyList<int> VcpuThreads => [_thread];

    public void Unpause() => _runs.Set();

    public void Pause() => _runs.Reset();

    public void ReplaceStore(SafeFileHandle store)
    {
        _storeChanges++;
        store.Dispose();
    }

    public void OrderDevice(Message order, IReadOnlyList<SafeFileHandle> descriptors, Action<Message> answer) =>
        answer(new Message(Verbs.DeviceAnswer).With("ticket", order.Number("ticket")));

    public long MemoryKib => _resources.Config.EffectiveMemoryKiB;

    public IReadOnlyList<int> OnlineVcpus => [0];

    public bool LimitMemory(long kib) => true;

    public bool RaiseNmi(int vcpu) => false;

    public void DumpCore(SafeFileHandle file) => RandomAccess.Write(file, "core"u8, 0);

    public IEnumerable<string> DebugLines(char key) => [];

    public IReadOnlyList<KeyValuePair<string, long>> Counters() => [new("store-changes", _storeChanges)];

    public void Dispose() => _runs.Dispose();

    private void Live()
    {
        _thread = CurrentProcess.ThreadId();
        _ready.Set();
        foreach (var word in _words)
        {
            _runs.Wait();
            var (verb, value) = word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals ? (word[..equals], word[(equals + 1)..]) : (word, string.Empty);
            int Number() => int.Parse(value, CultureInfo.InvariantCulture);
            switch (verb)
            {
                case "say": Say(Encoding.ASCII.GetBytes(value + "\n")); break;
                case "flood": Flood(Number()); break;
                case "sleep": Thread.Sleep(Number()); break;
                case "spin": Spin(Number()); break;
                case "echo": Echo(); break;
                case "shutdown": _events.ShutDown(Number(), value == "3" ? "the script crashed" : null); Thread.Sleep(Timeout.Infinite); break;
                case "tell": Tell(value.Split(',', 3)); break;
                case "abort": Environment.FailFast("the script said so"); break;
            }
        }

        Thread.Sleep(Timeout.Infinite);
    }

    private void Say(ReadOnlySpan<byte> bytes) => Descriptors.WriteAll(_resources.Console, bytes);

    private static void Tell(string[] parts)
    {
        using var channel = new MessageChannel(new(DomainProcess.ChannelDescriptor, ownsHandle: false));
        channel.TrySend(new Message(parts[0]).With(parts[1], parts[2]));
    }

    /// <summary>Numbered lines, so that a gap or a repetition shows.</summary>
    private void Flood(int bytes)
    {
        var line = 0;
        for (var written = 0; written < bytes; line++)
        {
            var text = Encoding.ASCII.GetBytes($"line {line:d9}\n");
            Say(text);
            written += text.Length;
        }
    }

    private static void Spin(int milliseconds)
    {
        var until = Environment.TickCount64 + milliseconds;
        while (Environment.TickCount64 < until)
        {
        }
    }

    private void Echo()
    {
        Span<byte> typed = stackalloc byte[256];
        while (Poller.WaitFor(_resources.Console, PollEvents.Readable, Timeout.Infinite))
        {
            var count = Descriptors.Read(_resources.Console, typed);
            if (count > 0)
            {
                Say(typed[..count]);
            }
        }
    }
}
