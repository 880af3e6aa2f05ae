using Microsoft.Playwright;

namespace Alignment.Browser.Tests;

/// <summary>The system's Chromium, shared by the tests of an assembly run. Absent: skipped with the reason; under <c>CI=true</c> that is a failure.</summary>
internal static class Chromium
{
    private const string Path = "/usr/bin/chromium";

    private static readonly Lazy<Task<IBrowser>> Shared = new(LaunchAsync);

    public static Task<IBrowser> LaunchedAsync()
    {
        if (!File.Exists(Path))
        {
            var reason = $"{Path} is missing. Debian/Ubuntu: apt-get install chromium.";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
            Assert.Skip(reason);
        }

        return Shared.Value;
    }

    private static async Task<IBrowser> LaunchAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Headless = true, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    }
}
