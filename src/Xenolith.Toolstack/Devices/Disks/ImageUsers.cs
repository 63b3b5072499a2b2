using Xenolith.Host;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Finds in the store which domain of this host uses an image, for a message.</summary>
internal static class ImageUsers
{
    private const string Backends = "/local/domain/0/backend/vbd";

    /// <summary>A domain and its disk in words; null if none of this host is found.</summary>
    public static string? Find(FileStatus image, DeviceSurroundings around) => around.Store.Do(store =>
    {
        foreach (var domid in store.List(Backends))
        {
            foreach (var id in store.List($"{Backends}/{domid}"))
            {
                var own = domid == around.Address.Domid.ToString(System.Globalization.CultureInfo.InvariantCulture) && id == around.Address.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
                if (!own && store.Read($"{Backends}/{domid}/{id}/physical-device-path") is { } path && IsSame(path, image))
                {
                    var name = store.Read($"/local/domain/{domid}/name") ?? domid;
                    return $"domain {name} (disk {store.Read($"{Backends}/{domid}/{id}/dev")})";
                }
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
