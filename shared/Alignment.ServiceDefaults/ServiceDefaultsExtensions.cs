using Alignment.Messaging;
using Alignment.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Alignment.ServiceDefaults;

/// <summary>What every service starts with: options, health, problem details, telemetry, resilient HTTP clients.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>How long a stopping process may save its running job; a supervisor waits a little longer before it kills.</summary>
    private static readonly TimeSpan SaveTime = TimeSpan.FromSeconds(40);

    /// <summary>Adds the defaults once; a second call (the Suite composes many services) does nothing.</summary>
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder, string serviceName)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(ServiceName)))
        {
            return builder;
        }

        builder.Services.AddSingleton(new ServiceName(serviceName));
        builder.Services.AddOptions<AlignmentOptions>().BindConfiguration(AlignmentOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        var options = builder.Configuration.GetSection(AlignmentOptions.SectionName).Get<AlignmentOptions>() ?? new();
        builder.Services.AddAlignmentStorage(options.DatabaseOrDefault, options.ArtifactsOrDefault);
        builder.Services.AddAlignmentMessaging(new MessagingOptions { Bus = options.Bus });
        builder.Services.AddProblemDetails(o => o.CustomizeProblemDetails = c => c.ProblemDetails.Extensions["traceId"] = c.HttpContext.TraceIdentifier);
        builder.Services.AddExceptionHandler<ProblemExceptionHandler>();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]).AddCheck<BusHealthCheck>("messages", HealthStatus.Degraded);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = SaveTime);
        builder.Services.ConfigureHttpClientDefaults(c => c.AddStandardResilienceHandler());
        if (options.WatchParent)
        {
            builder.Services.AddHostedService<ParentWatch>();
        }

        AddTelemetry(builder, serviceName);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Polly", LogLevel.Error).AddFilter("MassTransit", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        return builder;
    }

    /// <summary>Error handling, key check and the two health routes: <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseMiddleware<ApiKeyMiddleware>();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = c => c.Tags.Contains("live") });
        app.MapHealthChecks("/health/ready");
        return app;
    }

    private static void AddTelemetry(IHostApplicationBuilder builder, string serviceName)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService(serviceName, "alignment"))
            .WithMetrics(m => m.AddAspNetCoreInstrumentation().AddMeter("Alignment.*"))
            .WithTracing(t => t.AddAspNetCoreInstrumentation().AddSource("Alignment.*"));
        if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.WithMetrics(m => m.AddOtlpExporter()).WithTracing(t => t.AddOtlpExporter());
        }
    }

    private sealed record ServiceName(string Value);
}
