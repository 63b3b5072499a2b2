using System.Buffers.Binary;
using Xenolith.Tests.NativeOracle.Machine;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>Random machine states that are legal to load, with values that reach the interesting corners.</summary>
internal static class StateMaker
{
    public static MachineState Random(Random random)
    {
        var state = new MachineState
        {
            Rip = AddressMap.Code + 0x40,
            Rflags = 0x202 | ((ulong)random.Next(0x1000) & 0x8D5),
            FsBase = AddressMap.Data + (ulong)random.Next(256),
            GsBase = AddressMap.Data + 0x1000 + (ulong)random.Next(256),
            Mxcsr = 0x1F80 | (uint)(random.Next(4) << 13) | (random.Next(4) == 0 ? 0x8000u : 0) | (random.Next(4) == 0 ? 0x40u : 0),
        };
        if (random.Next(8) == 0)
        {
            state.Mxcsr &= ~(uint)(random.Next(64) << 7);
        }

        if (random.Next(4) == 0)
        {
            state.Rflags |= 0x400;
        }

        for (var i = 0; i < 16; i++)
        {
            state.General[i] = Integer(random);
        }

        state.General[4] = AddressMap.Data + 0x2000 + (ulong)(random.Next(64) * 8);
        for (var i = 0; i < MachineState.VectorsSize; i += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(state.Vectors.AsSpan(i), Lane(random));
        }

        FillX87(state, random);
        return state;
    }

    public static ulong Integer(Random random) => random.Next(6) switch
    {
        0 => (ulong)random.Next(64),
        1 => (ulong)(long)-random.Next(64),
        2 => 1UL << random.Next(64),
        3 => (1UL << random.Next(64)) - 1,
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1),
    };

    private static ulong Lane(Random random) => random.Next(6) switch
    {
        0 => (ulong)BitConverter.DoubleToInt64Bits((random.NextDouble() - 0.5) * 1000),
        1 => ((ulong)BitConverter.SingleToUInt32Bits((float)random.NextDouble()) << 32) | BitConverter.SingleToUInt32Bits(random.Next(-1000, 1000)),
        2 => (ulong)BitConverter.DoubleToInt64Bits(random.Next(5) switch { 0 => 0.0, 1 => double.NaN, 2 => double.PositiveInfinity, 3 => double.Epsilon, _ => 1.0 }),
        3 => 0,
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1),
    };

    // FXSAVE64 form: control, status, abridged tag, then eight registers of 16 bytes.
    private static void FillX87(MachineState state, Random random)
    {
        var image = state.X87.AsSpan();
        BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)(0x037F | (random.Next(4) << 10)));
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)((random.Next(8) << 11) | (random.Next(16) is var c ? ((c & 7) << 8) | ((c & 8) << 11) : 0)));
        image[4] = (byte)(random.Next(3) == 0 ? random.Next(256) : 0xFF);
        for (var i = 0; i < 8; i++)
        {
            var register = image.Slice(32 + (16 * i), 10);
            var value = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-40, 40));
            switch (random.Next(6))
            {
                case 0:
                    random.NextBytes(register);
                    break;
                case 1:
                    BinaryPrimitives.WriteUInt64LittleEndian(register, 1UL << 63);
                    BinaryPrimitives.WriteUInt16LittleEndian(register[8..], (ushort)(0x3FFF + random.Next(4)));
                    break;
                default:
                    Extended(register, value);
                    break;
            }
        }
    }

    private static void Extended(Span<byte> to, double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = exponent == 0 ? 0 : (1UL << 63) | ((ulong)bits << 11);
        BinaryPrimitives.WriteUInt64LittleEndian(to, mantissa);
        BinaryPrimitives.WriteUInt16LittleEndian(to[8..], (ushort)(exponent == 0 ? 0 : exponent - 1023 + 16383 | (bits < 0 ? 0x8000 : 0)));
    }
}
