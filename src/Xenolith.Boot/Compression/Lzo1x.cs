namespace Xenolith.Boot.Compression;

/// <summary>
/// Decoder for LZO1X, after Linux's description of the stream (Documentation/staging/lzo.rst). Indices outside either span throw, so
/// damaged data is an exception and never a wild write.
/// </summary>
internal static class Lzo1x
{
    private const int FarBase = 0x4000, NearestFour = 0x0801;

    /// <summary>Unpacks one block that fills the target exactly.</summary>
    public static void Decode(ReadOnlySpan<byte> input, Span<byte> target)
    {
        int at = 0, to = 0;
        // How many literals went before the current instruction: 0..3 as its low bits said, 4 for a long run.
        var literals = 0;

        if (input[0] > 17)
        {
            var run = input[at++] - 17;
            Copy(input, ref at, target, ref to, run);
            literals = Math.Min(run, 4);
        }

        for (; ; )
        {
            int op = input[at++];
            int length, distance;
            switch (op)
            {
                case < 16 when literals == 0:
                    length = Extend(op, 15, input, ref at) + 3;
                    Copy(input, ref at, target, ref to, length);
                    literals = 4;
                    continue;

                case < 16 when literals == 4:
                    distance = (input[at++] << 2) + (op >> 2) + NearestFour;
                    length = 3;
                    literals = op & 3;
                    break;

                case < 16:
                    distance = (input[at++] << 2) + (op >> 2) + 1;
                    length = 2;
                    literals = op & 3;
                    break;

                case < 32:
                    length = Extend(op & 7, 7, input, ref at) + 2;
                    int far = input[at++];
                    far |= input[at++] << 8;
                    distance = FarBase + ((op & 8) << 11) + (far >> 2);
                    literals = far & 3;
                    if (distance == FarBase)
                    {
                        if (to != target.Length)
                        {
                            throw new InvalidDataException("an lzo block ends too early");
                        }

                        return;
                    }

                    break;

                case < 64:
                    length = Extend(op & 31, 31, input, ref at) + 2;
                    int near = input[at++];
                    near |= input[at++] << 8;
                    distance = (near >> 2) + 1;
                    literals = near & 3;
                    break;

                default:
                    length = op < 128 ? 3 + ((op >> 5) & 1) : 5 + ((op >> 5) & 3);
                    distance = (input[at++] << 3) + ((op >> 2) & 7) + 1;
                    literals = op & 3;
                    break;
            }

            CopyMatch(target, ref to, distance, length);
            Copy(input, ref at, target, ref to, literals);
        }
    }

    private static int Extend(int value, int mask, ReadOnlySpan<byte> input, ref int at)
    {
        if (value != 0)
        {
            return value;
        }

        while (input[at] == 0)
        {
            value = checked(value + 255);
            at++;
        }

        return checked(value + mask + input[at++]);
    }

    private static void Copy(ReadOnlySpan<byte> input, ref int at, Span<byte> target, ref int to, int length)
    {
        input.Slice(at, length).CopyTo(target[to..]);
        at += length;
        to += length;
    }

    private static void CopyMatch(Span<byte> target, ref int to, int distance, int length)
    {
        if (distance >= length)
        {
            target.Slice(to - distance, length).CopyTo(target[to..]);
            to += length;
            return;
        }

        for (var end = to + length; to < end; to++)
        {
            target[to] = target[to - distance];
        }
    }
}
