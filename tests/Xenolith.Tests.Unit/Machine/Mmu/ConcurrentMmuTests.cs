using Xenolith.Abi;
using Xenolith.Machine;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>
/// Four vCPUs at once, on the same few tables: whatever order they came in, the accounts agree with the tables afterwards, and a vCPU that
/// waits for another's check of a table gets on.
/// </summary>
public sealed class ConcurrentMmuTests
{
    private const int Vcpus = 4, Rounds = 40_000, FirstTable = 4, Tables = 8, HotTable = 12, FirstData = 16, Data = 4;

    [Fact]
    public void Racing_updates_pins_and_unpins_keep_the_accounts()
    {
        using var bed = new MmuBed(Vcpus);
        bed.Engine.Silent = true;
        for (var pfn = FirstTable; pfn < FirstTable + Tables; pfn++)
        {
            bed.MakeTable(pfn);
        }

        bed.MakeTable(HotTable);
        Assert.Equal(0, bed.Extended(MmuextCommand.PinL1Table, bed.Mfn(HotTable)));
        var threads = Enumerable.Range(0, Vcpus).Select(id => new Thread(() => Hammer(bed, bed.Domain.Vcpus[id], id))).ToArray();
        foreach (var (thread, vcpu) in threads.Zip(bed.Domain.Vcpus))
        {
            Assert.Equal(0, vcpu.KernelRootMfn == 0 ? vcpu.SetInitialRoots(bed.Mfn(L4)) : 0);
            vcpu.Registers.KernelMode = 1;
            thread.Start();
        }

        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(5)), "a vCPU never came back"));
        HostileMmuTests.Check(bed);
        foreach (var vcpu in bed.Domain.Vcpus)
        {
            Assert.Equal(0, vcpu.NewUserRoot(0));
        }

        HostileMmuTests.TakeDown(bed);
        HostileMmuTests.Check(bed);
        Assert.All(Enumerable.Range(FirstTable, Tables), pfn => Assert.Equal(FrameType.None, bed.Type(pfn)));
    }

    private static void Hammer(MmuBed bed, Vcpu vcpu, int id)
    {
        var random = new Random(id);
        var argument = ArgumentPage - 10 - id;
        for (var round = 0; round < Rounds; round++)
        {
            var table = FirstTable + random.Next(Tables);
            switch (random.Next(8))
            {
                case 0:
                    Extended((MmuextCommand)random.Next(4), bed.Mfn(table));
                    break;
                case 1:
                    Extended(MmuextCommand.UnpinTable, bed.Mfn(table));
                    break;
                case 2:
                    Extended(MmuextCommand.NewUserBasePointer, bed.Mfn(table));
                    break;
                case 3 or 4:
                    Update(bed.Pointer(table, random.Next(2)), bed.Entry(FirstTable + random.Next(Tables), random.Next(2) == 0 ? ReadOnly : ReadWrite));
                    break;
                case 5:
                    Update(bed.Pointer(table, random.Next(2)), 0);
                    break;
                default:
                    Update(bed.Pointer(HotTable, 0), bed.Entry(FirstData + random.Next(Data), ReadWrite));
                    break;
            }
        }

        void Extended(MmuextCommand command, ulong mfn)
        {
            bed.Put(argument, [new MmuextOp { Command = (uint)command, Argument1 = mfn }]);
            HypercallDispatch.Call(vcpu, HypercallNumber.MmuExtOp, new(Address(argument), 1, 0, Self));
        }

        void Update(ulong pointer, ulong value)
        {
            bed.Put(argument, [new MmuUpdate { Pointer = pointer, Value = value }]);
            HypercallDispatch.Call(vcpu, HypercallNumber.MmuUpdate, new(Address(argument), 1, 0, Self));
        }
    }
}
