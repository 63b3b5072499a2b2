namespace Xenolith.Toolstack.Control;

/// <summary>
/// What a monitor orders of a device in the domain process: the field <c>order</c> of <see cref="Verbs.Device"/>. Fields that all have:
/// <c>ticket</c>, <c>kind</c> (vbd, vif), <c>id</c>, <c>name</c> (for messages). Each kind adds its own.
/// </summary>
public static class DeviceOrders
{
    /// <summary>The device exists from now on: fields and descriptors say what is behind it. The answer's fields are what the kind's nodes need.</summary>
    public const string Open = "open";

    /// <summary>The frontend is ready: map its rings, bind its event channels, serve it. An earlier connection ends first.</summary>
    public const string Connect = "connect";

    /// <summary>The frontend has gone, or is to go: answer what is in flight, unmap. Done also if nothing was connected.</summary>
    public const string Disconnect = "disconnect";

    /// <summary>Something else is behind the device from now on (another medium in a drive): fields and descriptors as of <see cref="Open"/>. The frontend stays connected.</summary>
    public const string Exchange = "exchange";

    /// <summary>The rate of an interface is another from now on: the fields of its rate.</summary>
    public const string Rate = "rate";

    /// <summary>An interface's frontend asks for a multicast filter, or for none any more.</summary>
    public const string Multicast = "multicast";

    /// <summary>The device is gone: disconnect and close everything.</summary>
    public const string Close = "close";
}
