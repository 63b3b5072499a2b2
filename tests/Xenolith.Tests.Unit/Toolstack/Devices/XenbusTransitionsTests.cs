using Xenolith.Toolstack.Devices;

namespace Xenolith.Tests.Unit.Toolstack.Devices;

public sealed class XenbusTransitionsTests
{
    [Theory]
    [InlineData(XenbusState.Initialising, XenbusState.InitWait, BackendStep.None)]
    [InlineData(XenbusState.Initialised, XenbusState.InitWait, BackendStep.Connect)]
    [InlineData(XenbusState.Connected, XenbusState.InitWait, BackendStep.Connect)]
    [InlineData(XenbusState.Connected, XenbusState.Connected, BackendStep.None)]
    [InlineData(XenbusState.Connected, XenbusState.Closing, BackendStep.None)]
    [InlineData(XenbusState.Closing, XenbusState.Connected, BackendStep.Close)]
    [InlineData(XenbusState.Closed, XenbusState.Closing, BackendStep.Finish)]
    [InlineData(XenbusState.Closed, XenbusState.Closed, BackendStep.None)]
    [InlineData(XenbusState.Unknown, XenbusState.Connected, BackendStep.Finish)]
    [InlineData(XenbusState.Initialising, XenbusState.Closed, BackendStep.Reopen)]
    [InlineData(XenbusState.Initialising, XenbusState.Connected, BackendStep.Reopen)]
    internal void A_backend_follows_its_frontend(XenbusState frontend, XenbusState backend, BackendStep step) =>
        Assert.Equal(step, XenbusTransitions.Next(frontend, backend));
}
