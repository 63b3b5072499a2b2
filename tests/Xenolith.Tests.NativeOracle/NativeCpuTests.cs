using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;

namespace Xenolith.Tests.NativeOracle;

/// <summary>The oracle itself: what the harness loads arrives in the CPU, and what the CPU does comes back.</summary>
public sealed class NativeCpuTests
{
    [Fact]
    public void ANopChangesNothing()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var state = StateMaker.Random(random);
            var memory = MemoryImage.Random(random);
            memory.At(state.Rip, 1)[0] = 0x90;
            var before = memory.Copy();
            var after = NativeCpu.Run(state, memory);
            Assert.Equal(3u, after.Vector);
            Assert.Equal(state.Rip + 2, after.Rip);
            Assert.Equal(state.General, after.General);
            Assert.Equal(state.Vectors, after.Vectors);
            Assert.Equal(state.Mxcsr, after.Mxcsr);
            Assert.Equal(state.Rflags & 0xCD5, after.Rflags & 0xCD5);
            Assert.Null(before.FirstDifference(memory));
        }
    }

    [Fact]
    public void AFaultIsCaughtWithItsAddress()
    {
        var random = new Random(1);
        var state = StateMaker.Random(random);
        var memory = MemoryImage.Random(random);
        state.General[0] = AddressMap.Hole + 8;
        new byte[] { 0x48, 0x89, 0x18 }.CopyTo(memory.At(state.Rip, 3)); // mov [rax], rbx
        var after = NativeCpu.Run(state, memory);
        Assert.Equal(14u, after.Vector);
        Assert.Equal(6u, after.ErrorCode);
        Assert.Equal(AddressMap.Hole + 8, after.FaultAddress);
        Assert.Equal(state.Rip, after.Rip);
    }

    [Fact]
    public void FormsAreMadeOfMostCodes()
    {
        var random = new Random(2);
        var made = CodeList.Comparable().Count(code => Enumerable.Range(0, 40).Any(i => FormMaker.Make(code, random, (i & 1) == 0) != null));
        Assert.True(made > 1500, $"forms of only {made} codes");
    }
}
