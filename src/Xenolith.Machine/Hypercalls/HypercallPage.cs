using System.Buffers.Binary;
using Xenolith.Abi;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// The page of stubs that older kernels call: 32 bytes a hypercall, as Xen writes them for 64-bit PV guests. A stub keeps RCX and R11, which
/// <c>syscall</c> destroys; the one of iret is jumped to and does not come back.
/// </summary>
public static class HypercallPage
{
    private const int StubSize = 32;

    /// <summary>Fills a page.</summary>
    /// <param name="page">4096 bytes.</param>
    public static void Write(Span<byte> page)
    {
        for (var number = 0; number < page.Length / StubSize; number++)
        {
            var stub = page.Slice(number * StubSize, StubSize);
            stub.Clear();
            ReadOnlySpan<byte> code = number == HypercallNumber.Iret
                ? [0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05] // push rcx; push r11; push rax; mov eax,N; syscall
                : [0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3]; // push rcx; push r11; mov eax,N; syscall; pop r11; pop rcx; ret
            code.CopyTo(stub);
            BinaryPrimitives.WriteInt32LittleEndian(stub[(number == HypercallNumber.Iret ? 5 : 4)..], number);
        }
    }
}
