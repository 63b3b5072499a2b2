using System.Buffers.Binary;

namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>Converts between a <see cref="MachineState"/> and the standard XSAVE form: x87 and SSE in 512 bytes, a header, upper halves of YMM at 576.</summary>
internal static class ExtendedArea
{
    public const int Header = 512, UpperHalves = 576;

    public static byte[] From(MachineState state, int size)
    {
        var area = new byte[size];
        state.X87.AsSpan(0, 24).CopyTo(area);
        BinaryPrimitives.WriteUInt32LittleEndian(area.AsSpan(24), state.Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(area.AsSpan(28), 0xFFFF);
        state.X87.AsSpan(32, 128).CopyTo(area.AsSpan(32));
        area[Header] = 7;
        for (var i = 0; i < 16; i++)
        {
            state.Vectors.AsSpan(32 * i, 16).CopyTo(area.AsSpan(160 + (16 * i)));
            state.Vectors.AsSpan((32 * i) + 16, 16).CopyTo(area.AsSpan(UpperHalves + (16 * i)));
        }

        return area;
    }

    /// <summary>A component that the header does not mark is in its initial state.</summary>
    public static void Into(ReadOnlySpan<byte> area, MachineState state)
    {
        var present = area[Header];
        state.Mxcsr = BinaryPrimitives.ReadUInt32LittleEndian(area[24..]);
        if ((present & 1) != 0)
        {
            area[..24].CopyTo(state.X87);
            area.Slice(32, 128).CopyTo(state.X87.AsSpan(32));
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(state.X87, 0x37F);
        }

        for (var i = 0; i < 16; i++)
        {
            var vector = state.Vectors.AsSpan(32 * i, 32);
            if ((present & 2) != 0)
            {
                area.Slice(160 + (16 * i), 16).CopyTo(vector);
            }

            if ((present & 4) != 0)
            {
                area.Slice(UpperHalves + (16 * i), 16).CopyTo(vector[16..]);
            }
        }
    }
}
