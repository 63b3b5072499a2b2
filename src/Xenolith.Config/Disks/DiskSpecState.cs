namespace Xenolith.Config.Disks;

/// <summary>What is known of a disk while its specification is read; enforces that nothing is said twice.</summary>
internal sealed class DiskSpecState
{
    private string? _target, _vdev, _script, _backendDomain, _specification;
    private DiskFormat? _format;
    private DiskBackend _backend;
    private bool _writable = true, _shared, _cdrom, _directIoSafe, _hadPrefix, _accessSeen;
    private bool? _discard, _trusted;

    /// <summary>Takes a word without value. False when there is no such word.</summary>
    public bool Flag(string word)
    {
        switch (word)
        {
            case "cdrom": _cdrom = true; return true;
            case "direct-io-safe": _directIoSafe = true; return true;
            case "discard": _discard = true; return true;
            case "no-discard": _discard = false; return true;
            case "trusted": _trusted = true; return true;
            case "untrusted": _trusted = false; return true;
            case "colo" or "no-colo": return true;
            default: return false;
        }
    }

    /// <summary>Takes <c>key=value</c>; returns what is wrong with it.</summary>
    public string? Word(string key, string value) => key switch
    {
        "target" => Once(ref _target, value, "target"),
        "vdev" => Once(ref _vdev, value, "vdev"),
        "format" => SetFormat(value),
        "access" => SetAccess(value),
        "script" => Once(ref _script, value, "script"),
        "backend" => Once(ref _backendDomain, value, "backend"),
        "backendtype" => SetBackend(value),
        "specification" when value is "xen" or "virtio" => Once(ref _specification, value, "specification"),
        "devtype" when value is "cdrom" or "disk" => SetCdrom(value == "cdrom"),
        "devtype" => $"devtype `{value}' is neither cdrom nor disk",
        "specification" => $"specification `{value}' is neither xen nor virtio",
        "grant_usage" when value is "0" or "1" => null,
        _ when key.StartsWith("colo-", StringComparison.Ordinal) || key is "active-disk" or "hidden-disk"
            => $"`{key}' belongs to COLO, which is not supported",
        _ => $"unknown parameter `{key}'",
    };

    /// <summary>Takes an older prefix; returns what is wrong with it.</summary>
    public string? Prefix(string prefix)
    {
        _hadPrefix = true;
        switch (prefix)
        {
            case "raw" or "qcow" or "qcow2" or "vhd":
                return SetFormat(prefix);
            case "iscsi" or "nbd" or "enbd" or "drbd":
                return Once(ref _script, "block-" + prefix, "script");
            case "tapdisk" or "tap" or "tap2" or "aio" or "ioemu" or "file" or "phy":
                return null;
            default:
                return $"unknown prefix `{prefix}:'; write format=, backendtype= or script= instead";
        }
    }

    /// <summary>Takes the next positional word: target, format, vdev, access; returns what is wrong with it.</summary>
    public string? Positional(string word)
    {
        if (_target is null)
            _target = word;
        else if (!_hadPrefix && _format is null)
            return _target.Length == 0 && word.Contains(':') ? EmptyDrive(word) : PositionalFormat(word);
        else if (_vdev is null)
            return word.Contains(':') ? DeviceAndType(word) : Once(ref _vdev, word, "vdev");
        else if (!_accessSeen)
            return SetAccess(word);
        else
            return $"too many positional parameters, from `{word}' on";
        return null;
    }

    /// <summary>Checks the whole and makes the disk.</summary>
    public (DiskConfig? Disk, string? Problem) Finish()
    {
        var format = _format ?? DiskFormat.Raw;
        if (_cdrom && string.IsNullOrEmpty(_target))
            format = DiskFormat.Empty;
        if (string.IsNullOrEmpty(_vdev))
            return (null, "no vdev specified: the third word, or vdev=, names the device in the guest, such as xvda");
        if (_target is null && !_cdrom)
            return (null, "no target specified, and the device is not removable");
        return (new DiskConfig
        {
            VirtualDevice = _vdev,
            Target = _target,
            Format = format,
            Writable = _writable && !_cdrom,
            Shared = _shared,
            IsCdrom = _cdrom,
            Removable = _cdrom,
            Backend = _backend,
            BackendDomain = _backendDomain,
            Script = _script,
            DirectIoSafe = _directIoSafe,
            Discard = _discard,
            Trusted = _trusted,
            Specification = _specification,
        }, null);
    }

    // The commonest slip: the device in the format's place.
    private string? PositionalFormat(string word) =>
        SetFormat(word) is not { } problem ? null
        : DeviceName.TryNumber(word, out _) ? $"`{word}' stands where the format belongs: the order is target,format,vdev,access; leave the format empty, as in `{_target},,{word},w'"
        : problem;

    private string? EmptyDrive(string word)
    {
        _format = DiskFormat.Empty;
        return DeviceAndType(word);
    }

    private string? DeviceAndType(string word)
    {
        var colon = word.LastIndexOf(':');
        var type = word[(colon + 1)..];
        if (type is not ("cdrom" or "disk"))
            return $"`{type}' after the device is neither cdrom nor disk";
        _cdrom = type == "cdrom";
        return Once(ref _vdev, word[..colon], "vdev");
    }

    private string? SetCdrom(bool cdrom)
    {
        _cdrom = cdrom;
        return null;
    }

    private string? SetAccess(string value)
    {
        _accessSeen = true;
        // `!' is xm's: real xl refuses it, but it is the only way to say that sharing is meant.
        _shared = value.EndsWith('!');
        switch (_shared ? value[..^1] : value)
        {
            case "r" or "ro": _writable = false; return null;
            case "w" or "rw" or "": _writable = true; return null;
            default: return $"access `{value}' is none of r, ro, w, rw";
        }
    }

    private string? SetFormat(string value)
    {
        DiskFormat? format = value switch
        {
            "" or "raw" => DiskFormat.Raw,
            "qcow" => DiskFormat.Qcow,
            "qcow2" => DiskFormat.Qcow2,
            "vhd" => DiskFormat.Vhd,
            "qed" => DiskFormat.Qed,
            "vmdk" => DiskFormat.Vmdk,
            "vdi" => DiskFormat.Vdi,
            "vhdx" => DiskFormat.Vhdx,
            "empty" => DiskFormat.Empty,
            _ => null,
        };
        if (format is null)
            return $"format `{value}' is none of raw, qcow, qcow2, vhd, vhdx, vmdk, vdi, qed, empty";
        if (_format is { } earlier && earlier != format)
            return $"format given twice: {earlier.ToString().ToLowerInvariant()} and {value}";
        _format = format;
        return null;
    }

    private string? SetBackend(string value)
    {
        DiskBackend? backend = value switch
        {
            "phy" => DiskBackend.Phy,
            "tap" => DiskBackend.Tap,
            "qdisk" => DiskBackend.Qdisk,
            "standalone" => DiskBackend.Standalone,
            _ => null,
        };
        if (backend is null)
            return $"backendtype `{value}' is none of phy, tap, qdisk, standalone";
        if (_backend != DiskBackend.Unspecified && _backend != backend)
            return "backendtype given twice";
        _backend = backend.Value;
        return null;
    }

    private static string? Once(ref string? field, string value, string what)
    {
        if (!string.IsNullOrEmpty(field))
            return $"{what} given twice: `{field}' and `{value}'";
        field = value;
        return null;
    }
}
