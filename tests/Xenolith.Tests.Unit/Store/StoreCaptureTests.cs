using System.Text;
using Xenolith.Store.Commands;
using Xenolith.Tests.Unit.Captures;

namespace Xenolith.Tests.Unit.Store;

/// <summary>The store with Domain-0 alone is a real Xen host's, as its own programs print it.</summary>
public sealed class StoreCaptureTests : IDisposable
{
    private readonly ServedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("xenstore-list-root")]
    [InlineData("xenstore-ls-f-dom0only")]
    [InlineData("xenstore-ls-fp-dom0only")]
    public void Domain_0_alone(string name)
    {
        var capture = XenCapture.Read("xl-basic.txt").Single(capture => capture.Name == name);
        var words = capture.Command.Split(' ');
        var output = new MemoryStream();
        Assert.Equal(capture.Exit, XenstoreCommand.Run(words[0], words[1..], _store.Connect, output, new StringWriter()));
        Assert.Equal(capture.Stdout.Replace("/usr/lib/xen-4.17/bin/oxenstored", "xenstored"), Encoding.UTF8.GetString(output.ToArray()));
    }
}
