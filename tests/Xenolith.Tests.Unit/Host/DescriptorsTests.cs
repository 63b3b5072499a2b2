using Xenolith.Host;

namespace Xenolith.Tests.Unit.Host;

/// <summary>Descriptors and their numbers.</summary>
public sealed class DescriptorsTests
{
    [Fact]
    public void A_closed_handle_has_no_number_for_its_number_may_be_another_file()
    {
        var (reader, writer) = Descriptors.Pipe();
        using (reader)
        {
            Assert.True(Descriptors.Number(writer) >= 0);
            writer.Dispose();

            Assert.Throws<ObjectDisposedException>(() => Descriptors.Number(writer));
            Assert.Throws<ObjectDisposedException>(() => Descriptors.Write(writer, [1]));
            Assert.Throws<ObjectDisposedException>(() => Poller.WaitFor(writer, PollEvents.Writable, 0));
        }
    }
}
