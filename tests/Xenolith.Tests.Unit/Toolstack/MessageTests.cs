using CsCheck;
using Xenolith.Toolstack.Control;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The control protocol's wire form.</summary>
public sealed class MessageTests
{
    [Fact]
    public void A_message_comes_back_as_it_was_sent()
    {
        var message = Message.FromBytes(new Message("create").With("text", "Zeile\n=ä").With("number", -5).With("flag", true).ToBytes());

        Assert.Equal(("create", "Zeile\n=ä", -5L, true), (message.Verb, message.Text("text"), message.Number("number"), message.Flag("flag")));
        Assert.Equal((string.Empty, 7L, false), (message.Text("absent"), message.Number("absent", 7), message.Flag("absent")));
    }

    [Fact]
    public void Zero_bytes_cannot_smuggle_in_a_field()
    {
        var message = Message.FromBytes(new Message("log").With("text", "a\0code\0" + "7").ToBytes());

        Assert.Equal("acode7", message.Text("text"));
        Assert.Single(message.Fields);
    }

    [Fact]
    public void Rubbish_is_refused_and_never_more()
    {
        Gen.Byte.Array.Sample(bytes =>
        {
            try
            {
                Message.FromBytes(bytes);
            }
            catch (InvalidDataException)
            {
                return;
            }

            Assert.Equal(Message.Version, bytes[0]);
        });
    }

    [Fact]
    public void Another_version_says_that_the_program_was_replaced()
    {
        var bytes = new Message("pause").ToBytes();
        bytes[0] = 2;

        Assert.Contains("replaced", Assert.Throws<InvalidDataException>(() => Message.FromBytes(bytes)).Message);
    }

    [Fact]
    public void A_message_that_is_too_long_is_not_sent() =>
        Assert.Throws<InvalidDataException>(() => new Message("create").With("config", new string('x', Message.MaxBytes)).ToBytes());
}
