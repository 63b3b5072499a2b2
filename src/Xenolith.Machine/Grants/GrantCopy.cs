using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Grants;

/// <summary>GNTTABOP_copy within a domain: between its own frames, or pages it granted to itself.</summary>
internal static class GrantCopy
{
    /// <summary>Bytes of one gnttab_copy.</summary>
    public const uint Size = 40;

    private const ushort SourceIsReference = 1, DestinationIsReference = 2;
    private const int StatusOffset = 36;

    public static long Execute(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<Request>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        var status = Copy(vcpu, in request);
        return vcpu.TryWriteGuest(address + StatusOffset, in status) ? 0 : -XenErrno.EFAULT;
    }

    private static short Copy(Vcpu vcpu, in Request request)
    {
        var sourceIsReference = (request.Flags & SourceIsReference) != 0;
        var destinationIsReference = (request.Flags & DestinationIsReference) != 0;
        if (!GrantCalls.IsSelf(vcpu, request.Source.Domain) || !GrantCalls.IsSelf(vcpu, request.Destination.Domain))
        {
            return GrantStatus.BadDomain;
        }

        if (request.Source.Offset + request.Length > MachineFrames.PageSize || request.Destination.Offset + request.Length > MachineFrames.PageSize)
        {
            return GrantStatus.BadCopyArgument;
        }

        var status = Open(vcpu, in request.Source, sourceIsReference, writable: false, out var source);
        if (status != GrantStatus.Okay)
        {
            return status;
        }

        status = Open(vcpu, in request.Destination, destinationIsReference, writable: true, out var destination);
        if (status == GrantStatus.Okay)
        {
            Span<byte> buffer = stackalloc byte[request.Length];
            SharedWord.Bytes(source.Page + request.Source.Offset, request.Length).CopyTo(buffer);
            vcpu.Domain.Frames.Write(destination.Mfn, request.Destination.Offset, buffer);
            Close(vcpu, in destination, destinationIsReference);
        }

        Close(vcpu, in source, sourceIsReference);
        return status;
    }

    private static short Open(Vcpu vcpu, in Side side, bool isReference, bool writable, out GrantMapping mapping)
    {
        if (isReference)
        {
            return vcpu.Domain.Grants.Map((uint)side.Where, writable, vcpu.Domain.Id, out mapping);
        }

        mapping = default;
        if (!vcpu.Domain.TryHoldPage(side.Where, writable, out var page))
        {
            return GrantStatus.BadPage;
        }

        mapping = new(0, side.Where, page, writable);
        return GrantStatus.Okay;
    }

    private static void Close(Vcpu vcpu, in GrantMapping mapping, bool isReference)
    {
        if (isReference)
        {
            vcpu.Domain.Grants.Unmap(in mapping);
        }
        else
        {
            vcpu.Domain.LetGoPage(mapping.Mfn, mapping.Writable);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    private readonly struct Side
    {
        [FieldOffset(0)]
        public readonly ulong Where;
        [FieldOffset(8)]
        public readonly ushort Domain;
        [FieldOffset(10)]
        public readonly ushort Offset;
    }

    [StructLayout(LayoutKind.Explicit, Size = (int)Size)]
    private readonly struct Request
    {
        [FieldOffset(0)]
        public readonly Side Source;
        [FieldOffset(16)]
        public readonly Side Destination;
        [FieldOffset(32)]
        public readonly ushort Length;
        [FieldOffset(34)]
        public readonly ushort Flags;
    }
}
