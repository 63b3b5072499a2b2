using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using static Xenolith.Machine.Grants.GrantMapFlags;

namespace Xenolith.Machine.Grants;

/// <summary>
/// GNTTABOP_map_grant_ref, _unmap_grant_ref and _unmap_and_replace. A domU here can map only what it granted to itself: other domains live in other
/// processes. The entry that a mapping writes refers to the page on its own account, as every entry does; the grant is pinned beside it until it is unmapped,
/// so a guest that overwrites the entry by other means harms only itself. On the calling vCPU's thread.
/// </summary>
internal static class GrantMapCalls
{
    /// <summary>Bytes of one gnttab_map_grant_ref, gnttab_unmap_grant_ref and gnttab_unmap_and_replace.</summary>
    public const uint MapSize = 32, UnmapSize = 24;

    private const ulong StatusOfMap = 18, ResultOfMap = 20, StatusOfUnmap = 20;

    public static long Map(Vcpu vcpu, ulong address)
    {
        if (!vcpu.TryReadGuest<MapRequest>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        var status = Map(vcpu, in request, out var result);
        if (status == GrantStatus.Okay && !vcpu.TryWriteGuest(address + ResultOfMap, in result))
        {
            return -XenErrno.EFAULT;
        }

        return vcpu.TryWriteGuest(address + StatusOfMap, in status) ? 0 : -XenErrno.EFAULT;
    }

    public static long Unmap(Vcpu vcpu, ulong address) => Unmap(vcpu, address, replaces: false);

    public static long UnmapAndReplace(Vcpu vcpu, ulong address) => Unmap(vcpu, address, replaces: true);

    private static short Map(Vcpu vcpu, in MapRequest request, out MapResult result)
    {
        result = default;
        if ((request.Flags & (GrantMapFlags.Host | Device)) == 0)
        {
            return GrantStatus.BadReference;
        }

        if (!GrantCalls.IsSelf(vcpu, request.Domain))
        {
            // Domain-0 grants a domU nothing: an entry that exists and permits nothing, as Xen says it.
            return request.Domain == 0 ? GrantStatus.GeneralError : GrantStatus.BadDomain;
        }

        var grants = vcpu.Domain.Grants;
        var writable = (request.Flags & ReadOnly) == 0;
        var parts = (request.Flags & (GrantMapFlags.Host | Device)) == (GrantMapFlags.Host | Device) ? 2 : 1;
        var mapping = default(GrantMapping);
        for (var part = 0; part < parts; part++)
        {
            if (grants.Map(request.Reference, writable, vcpu.Domain.Id, out var one) is var refusal and not GrantStatus.Okay)
            {
                Unpin(grants, in mapping, part);
                return refusal;
            }

            mapping = one;
        }

        if (!grants.Maps.TryAdd(in mapping, request.Flags, out var handle))
        {
            Unpin(grants, in mapping, parts);
            return GrantStatus.NoSpace;
        }

        if ((request.Flags & GrantMapFlags.Host) != 0 && !GrantEntry.TryWrite(vcpu, request.Address, mapping.Mfn, request.Flags))
        {
            foreach (var part in (ReadOnlySpan<uint>)[GrantMapFlags.Host, Device])
            {
                if (grants.Maps.TryTake(handle, part, in mapping))
                {
                    grants.Unmap(in mapping);
                    grants.Maps.Settle(handle, part, gone: true);
                }
            }

            return GrantStatus.GeneralError;
        }

        result = new(handle, mapping.Mfn * MachineFrames.PageSize);
        return GrantStatus.Okay;
    }

    private static void Unpin(GrantTable grants, in GrantMapping mapping, int times)
    {
        for (var i = 0; i < times; i++)
        {
            grants.Unmap(in mapping);
        }
    }

    private static long Unmap(Vcpu vcpu, ulong address, bool replaces)
    {
        if (!vcpu.TryReadGuest<UnmapRequest>(address, out var request))
        {
            return -XenErrno.EFAULT;
        }

        var status = Unmap(vcpu, in request, replaces);
        return vcpu.TryWriteGuest(address + StatusOfUnmap, in status) ? 0 : -XenErrno.EFAULT;
    }

    private static short Unmap(Vcpu vcpu, in UnmapRequest request, bool replaces)
    {
        var grants = vcpu.Domain.Grants;
        if (!grants.Maps.TryFind(request.Handle, out var mapping, out var flags))
        {
            return GrantStatus.BadHandle;
        }

        var busAddress = replaces ? 0 : request.Other;
        if (busAddress != 0 && (flags & Device) != 0 && busAddress != mapping.Mfn * MachineFrames.PageSize)
        {
            return GrantStatus.BadDeviceAddress;
        }

        if (request.Address != 0 && (flags & GrantMapFlags.Host) != 0 && grants.Maps.TryTake(request.Handle, GrantMapFlags.Host, in mapping))
        {
            var gone = GrantEntry.TryReplace(vcpu, request.Address, mapping.Mfn, flags, replaces ? request.Other : 0);
            if (gone)
            {
                grants.Unmap(in mapping);
            }

            grants.Maps.Settle(request.Handle, GrantMapFlags.Host, gone);
            if (!gone)
            {
                return GrantStatus.GeneralError;
            }
        }

        if (busAddress != 0 && (flags & Device) != 0 && grants.Maps.TryTake(request.Handle, Device, in mapping))
        {
            grants.Unmap(in mapping);
            grants.Maps.Settle(request.Handle, Device, gone: true);
        }

        return GrantStatus.Okay;
    }

    [StructLayout(LayoutKind.Explicit, Size = (int)MapSize)]
    private readonly struct MapRequest
    {
        [FieldOffset(0)]
        public readonly ulong Address;
        [FieldOffset(8)]
        public readonly uint Flags;
        [FieldOffset(12)]
        public readonly uint Reference;
        [FieldOffset(16)]
        public readonly ushort Domain;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct MapResult(uint Handle, ulong BusAddress);

    /// <summary>The third word is the bus address for an unmap, the address to take an entry from for a replacement.</summary>
    [StructLayout(LayoutKind.Explicit, Size = (int)UnmapSize)]
    private readonly struct UnmapRequest
    {
        [FieldOffset(0)]
        public readonly ulong Address;
        [FieldOffset(8)]
        public readonly ulong Other;
        [FieldOffset(16)]
        public readonly uint Handle;
    }
}
