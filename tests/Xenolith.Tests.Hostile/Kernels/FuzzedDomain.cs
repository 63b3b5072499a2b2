using System.Text;
using Xenolith.Abi;
using Xenolith.Boot.Images;
using Xenolith.Boot.StartOfDay;
using Xenolith.Machine;
using Xenolith.Machine.Memory;
using Xenolith.Translator;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>The hostile kernel in a domain of this process, so that the machine's own books can be read afterwards.</summary>
internal sealed class FuzzedDomain : IDisposable
{
    private const int PollMilliseconds = 20;

    private readonly ManualResetEventSlim _ended = new();

    public FuzzedDomain(string commandLine, int vcpus)
        : this(File.ReadAllBytes(HostileKernel.Path), commandLine, vcpus, 32)
    {
    }

    /// <summary>The same with any file for a kernel.</summary>
    /// <exception cref="Boot.BootException">It is no kernel that can be built.</exception>
    public FuzzedDomain(byte[] file, string commandLine, int vcpus, int mebibytes)
    {
        using var image = new ImageBuffer(file.Length);
        image.Append(file);
        var pages = (ulong)mebibytes << 8;
        Memory = new DomainMemory(pages * 2);
        Domain = new Domain(new DomainParameters
        {
            Id = 7,
            Uuid = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            VcpuCount = vcpus,
            Memory = Memory,
            Engine = new TranslatorEngine(Memory.Frames, Memory.Walk),
        });
        Domain.ShutDown = (_, reason) =>
        {
            Reason = reason;
            _ended.Set();
        };
        var store = Domain.Events.AllocateUnbound();
        var console = Domain.Events.AllocateUnbound();
        try
        {
            Built = DomainBuilder.Build(Domain, new DomainImage
            {
                Kernel = image,
                KernelName = "the hostile kernel",
                Pages = pages,
                CommandLine = commandLine,
                StorePort = store,
                ConsolePort = console,
            });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public DomainMemory Memory { get; }

    public Domain Domain { get; }

    public BuiltDomain Built { get; }

    /// <summary>How it shut down; null if it was stopped.</summary>
    public ShutdownReason? Reason { get; private set; }

    /// <summary>Hypercalls made so far.</summary>
    public long Hypercalls => Domain.HypercallCounters().Sum(c => c.Value);

    /// <summary>
    /// Lets it run until it shuts down, nobody makes a hypercall any more, or for so long; then it must stop when told to, whatever it is doing.
    /// </summary>
    public void Run(TimeSpan longest)
    {
        Domain.Unpause();
        var (last, still) = (0L, 0);
        for (var until = DateTime.UtcNow + longest; DateTime.UtcNow < until && !_ended.Wait(PollMilliseconds);)
        {
            // All asleep for good, or in a loop of its own making.
            var now = Hypercalls;
            still = now == last ? still + 1 : 0;
            last = now;
            if (still == 50)
            {
                break;
            }
        }

        var paused = Task.Run(Domain.Pause);
        Assert.True(paused.Wait(TimeSpan.FromSeconds(60)), $"it cannot be stopped: {Describe()}");
    }

    /// <summary>What came of it, for a failure's message.</summary>
    public string Describe() => new StringBuilder().Append(Reason).Append(' ').Append(Domain.CrashCause).AppendLine()
        .AppendJoin('\n', Domain.Log.Lines().TakeLast(20)).AppendLine()
        .AppendJoin('\n', Domain.Vcpus.Select(v => $"vcpu {v.Id}: {(v.IsDown ? "down" : v.IsBlocked ? "blocked" : "runs")} at {v.Registers.Rip:x}, cr2 {v.Cr2:x} code {v.Registers.ExitErrorCode:x} walk {Domain.Walk.Walk(v.KernelRootMfn, v.Cr2, Engine.WalkAccess.Write)} rsp {v.Registers.Rsp:x}, kernel {v.Registers.KernelMode}")).AppendLine()
        .AppendJoin(' ', Domain.ExitCounters().Concat(Domain.HypercallCounters()).Where(c => c.Value != 0).Select(c => $"{c.Key}={c.Value}")).ToString();

    public void Dispose()
    {
        Domain.Dispose();
        Memory.Dispose();
        _ended.Dispose();
    }
}
