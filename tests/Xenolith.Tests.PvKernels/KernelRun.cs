using System.Buffers.Binary;
using Xenolith.Abi;
using Xenolith.Boot.Images;
using Xenolith.Boot.StartOfDay;
using Xenolith.Engine.Cpuid;
using Xenolith.Machine;
using Xenolith.Machine.Memory;
using Xenolith.Translator;

namespace Xenolith.Tests.PvKernels;

/// <summary>Boots a small kernel through the real builder, machine and engine, and keeps what came of it.</summary>
internal sealed class KernelRun : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly PvKernel _kernel;

    private KernelRun(PvKernel kernel, DomainMemory memory, Domain domain, BuiltDomain built, ShutdownReason reason)
    {
        _kernel = kernel;
        Memory = memory;
        Domain = domain;
        Built = built;
        Reason = reason;
    }

    public DomainMemory Memory { get; }

    public Domain Domain { get; }

    public BuiltDomain Built { get; }

    /// <summary>How it shut down.</summary>
    public ShutdownReason Reason { get; }

    /// <summary>A recorded value.</summary>
    public ulong this[string name]
    {
        get
        {
            var index = _kernel.Names.ToList().IndexOf(name);
            Assert.True(index >= 0, $"nothing is recorded as {name}");
            return Word(PvKernel.ResultPfn, index * 8);
        }
    }

    /// <summary>Runs a kernel to its end.</summary>
    public static KernelRun Of(PvKernel kernel, int vcpus = 1, int mebibytes = 32, Action<Domain>? prepare = null, Func<uint, uint, CpuidValues>? hostCpuid = null)
    {
        var file = kernel.Build();
        using var image = new ImageBuffer(file.Length);
        image.Append(file);
        var memory = new DomainMemory((ulong)mebibytes << 8);
        var domain = new Domain(new DomainParameters
        {
            Id = 7,
            Uuid = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            VcpuCount = vcpus,
            Memory = memory,
            Engine = new TranslatorEngine(memory.Frames, memory.Walk),
            HostCpuid = hostCpuid,
        });
        var ended = new TaskCompletionSource<ShutdownReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.ShutDown = (_, reason) => ended.TrySetResult(reason);
        var store = domain.Events.AllocateUnbound();
        var console = domain.Events.AllocateUnbound();
        var built = DomainBuilder.Build(domain, new DomainImage
        {
            Kernel = image,
            KernelName = "test kernel",
            Pages = (ulong)mebibytes << 8,
            CommandLine = "a test",
            StorePort = store,
            ConsolePort = console,
        });
        prepare?.Invoke(domain);
        domain.Unpause();
        Assert.True(ended.Task.Wait(Longest), "the kernel did not end");
        domain.Pause();
        return new KernelRun(kernel, memory, domain, built, ended.Task.Result);
    }

    /// <summary>Runs a kernel that must power itself off.</summary>
    public static KernelRun ToPoweroff(PvKernel kernel, int vcpus = 1, Action<Domain>? prepare = null, Func<uint, uint, CpuidValues>? hostCpuid = null)
    {
        var run = Of(kernel, vcpus, prepare: prepare, hostCpuid: hostCpuid);
        Assert.True(run.Reason == ShutdownReason.Poweroff, $"{run.Reason}: {run.Domain.CrashCause} {string.Join('\n', run.Domain.Log.Lines())}");
        return run;
    }

    /// <summary>A 64-bit word of the guest's memory.</summary>
    public ulong Word(ulong pfn, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Memory.Frames.Read(PvKernel.Mfn(pfn))[offset..]);

    public void Dispose()
    {
        Domain.Dispose();
        Memory.Dispose();
    }
}
