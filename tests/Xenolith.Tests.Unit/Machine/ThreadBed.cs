using Xenolith.Machine;
using Xenolith.Machine.Memory;

namespace Xenolith.Tests.Unit.Machine;

/// <summary>A domain without page tables whose vCPUs run scripts on their real threads. The first <c>online</c> are up.</summary>
internal sealed class ThreadBed : IDisposable
{
    public ThreadBed(int vcpus = 1, int online = 64)
    {
        Memory = new DomainMemory(1024);
        Domain = new Domain(new DomainParameters { Id = 7, Uuid = Guid.NewGuid(), VcpuCount = vcpus, Memory = Memory, Engine = Engine });
        for (var i = 0; i < Math.Min(vcpus, online); i++)
        {
            Domain.Vcpus[i].InitialiseForBoot(0x1000, 0x2000, 0);
            Domain.Vcpus[i].BringUp();
        }
    }

    public ScriptedEngine Engine { get; } = new();

    public DomainMemory Memory { get; }

    public Domain Domain { get; }

    public Vcpu Vcpu => Domain.Vcpus[0];

    /// <summary>Waits for something that must happen; a test that waits in vain fails by the runner's limit, or here after a minute.</summary>
    public static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromMinutes(1)), "what was waited for did not happen");

    public void Dispose()
    {
        Domain.Dispose();
        Memory.Dispose();
    }
}
