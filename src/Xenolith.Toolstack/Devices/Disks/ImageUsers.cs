using System.Globalization;
using Xenolith.Host;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Finds in the store which domain of this host uses an image, for a message.</summary>
internal static class ImageUsers
{
    private static readonly string[] Backends = ["/local/domain/0/backend/vbd", "/local/domain/0/backend/qdisk", "/local/domain/0/backend/vbd3"];

    /// <summary>By whom, in words; null if none of this host is found.</summary>
    public static string? Find(FileStatus image, DeviceSurroundings around) => around.Store.Do(store =>
    {
        var disks =
            from backend in Backends
            from domid in store.List(backend)
            from id in store.List($"{backend}/{domid}")
            select (Path: $"{backend}/{domid}/{id}", Domid: domid);
        foreach (var disk in disks.Where(d => d.Path != around.Address.Backend))
        {
            if (store.Read($"{disk.Path}/physical-device-path") is { } path && IsSame(path, image))
            {
                if (disk.Domid == around.Address.Domid.ToString(CultureInfo.InvariantCulture))
                {
                    return $"by disk {store.Read($"{disk.Path}/dev")} of the same domain";
                }

                var name = store.Read($"/local/domain/{disk.Domid}/name") ?? disk.Domid;
                return $"by domain {name} (disk {store.Read($"{disk.Path}/dev")})";
            }
        }

        return null;
    });

    private static bool IsSame(string path, FileStatus image)
    {
        try
        {
            using var file = Descriptors.OpenForReading(path);
            var other = FileStatus.Of(file);
            return other.Inode == image.Inode && other.FileSystem == image.FileSystem;
        }
        catch (HostException)
        {
            return false; // it went meanwhile, and is not the one
        }
    }
}
