using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Alignment.Ui.Clients;

/// <summary>Knows where each service answers.</summary>
internal sealed class Backend(IOptions<UiOptions> options, IServer server)
{
    public Uri Feedback => Address(options.Value.Feedback);

    public Uri Cycles => Address(options.Value.Cycles);

    public Uri Checkpoints => Address(options.Value.Checkpoints);

    public Uri Datasets => Address(options.Value.Datasets);

    public Uri Inference => Address(options.Value.Inference);

    public AuthenticationHeaderValue? Authorization => options.Value.ApiKey is { Length: > 0 } key ? new("Bearer", key) : null;

    private Uri Address(string? own) => new((own ?? options.Value.Backend ?? Self()).TrimEnd('/') + "/");

    // The Suite hosts pages and services in one process: without a setting the pages ask their own address.
    private string Self()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? throw new InvalidOperationException("Ui:Backend is not set and the host has no address.");
        var parts = BindingAddress.Parse(address);
        return $"{parts.Scheme}://{(parts.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : parts.Host)}:{parts.Port}";
    }
}
