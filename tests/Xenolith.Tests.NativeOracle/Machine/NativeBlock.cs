namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>Offsets in the two pages that the thunks and the signal handler of <see cref="NativeCpu"/> share with C#.</summary>
internal static class NativeBlock
{
    public const int General = 0, Rip = 128, Rflags = 136, FsBase = 144, GsBase = 152;
    public const int HostRsp = 160, HostFs = 168, HostGs = 176, HostMxcsr = 184, Active = 192, Thread = 200;
    public const int X87 = 512, Vectors = 1024, OutRegisters = 1536, Chain = 2048;
    public const int OutExtended = 4096, OutExtendedSize = 1024, OutRegistersSize = 184;
}
