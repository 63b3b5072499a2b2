using CsCheck;
using Xenolith.Abi;
using Xenolith.Machine.Time;

namespace Xenolith.Tests.Unit.Machine.Time;

/// <summary>System time and what the guest computes from its time page.</summary>
public sealed class SystemTimeTests
{
    [Fact]
    public void A_second_of_ticks_is_a_second_for_any_frequency()
    {
        Gen.ULong[1_000_000, 10_000_000_000].Sample(hertz =>
        {
            var (multiplier, shift) = SystemTime.Scale(hertz);
            var delta = shift < 0 ? hertz >> -shift : hertz << shift;
            var nanoseconds = (double)(ulong)(((UInt128)delta * multiplier) >> 32);
            Assert.InRange(nanoseconds, 999_999_000, 1_000_001_000);
        });
    }

    [Fact]
    public void Every_stamp_gives_the_very_same_times()
    {
        Gen.Select(Gen.ULong[1_000_000, 10_000_000_000], Gen.ULong[0, 1UL << 60], Gen.ULong[0, 1UL << 40]).Sample((hertz, age, later) =>
        {
            var time = new SystemTime(hertz);
            var now = time.TscAtStart + age;
            var (tsc, nanoseconds) = time.StampBefore(now);
            Assert.InRange(tsc, time.TscAtStart, now);
            // Behind it by no more than the grain: 0.27 s, of whatever frequency.
            Assert.InRange(time.At(now) - (long)nanoseconds, 0, 270_000_000);

            var delta = now + later - tsc;
            delta = time.Shift < 0 ? delta >> -time.Shift : delta << time.Shift;
            Assert.Equal(time.At(now + later), (long)(nanoseconds + (ulong)(((UInt128)delta * time.Multiplier) >> 32)));
        });
    }

    [Fact]
    public void The_time_page_gives_the_guest_the_machines_own_time()
    {
        using var bed = new GuestBed();
        bed.Vcpu.WriteTimeInfo();
        var info = System.Runtime.InteropServices.MemoryMarshal.Read<VcpuTimeInfo>(
            bed.Domain.Frames.Read(bed.Domain.SharedInfoMfn)[VcpuInfoLayout.Time..]);
        var time = bed.Domain.Time;
        var tsc = time.TscAtStart + 123_456_789_012;
        var delta = info.TscShift < 0 ? (tsc - info.TscTimestamp) >> -info.TscShift : (tsc - info.TscTimestamp) << info.TscShift;

        Assert.Equal(0u, info.Version & 1);
        Assert.Equal(VcpuTimeInfo.TscStable, info.Flags);
        Assert.Equal((ulong)time.At(tsc), info.SystemTime + (ulong)(((UInt128)delta * info.TscToSystemMul) >> 32));
    }

    [Fact]
    public void The_wall_clock_plus_system_time_is_now()
    {
        using var bed = new GuestBed();
        bed.Domain.UpdateWallclock();
        var page = bed.Domain.Frames.Read(bed.Domain.SharedInfoMfn);
        var seconds = BitConverter.ToUInt32(page[SharedInfoLayout.WallclockSeconds..]);
        var nanoseconds = BitConverter.ToUInt32(page[SharedInfoLayout.WallclockNanoseconds..]);
        var guest = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks((nanoseconds + bed.Domain.Time.Now()) / 100);

        Assert.InRange((DateTimeOffset.UtcNow - guest).TotalMinutes, -1, 1);
        Assert.Equal(0u, BitConverter.ToUInt32(page[SharedInfoLayout.WallclockVersion..]) & 1);
    }
}
