using Alignment.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Alignment.ServiceDefaults;

/// <summary>Long work in a service: its runner, and the one worker of the process that claims what the registered runners can do.</summary>
public static class JobDefaults
{
    public static IHostApplicationBuilder AddJobRunner<TRunner>(this IHostApplicationBuilder builder)
        where TRunner : class, IJobRunner
    {
        var options = builder.Configuration.GetSection(AlignmentOptions.SectionName).Get<AlignmentOptions>() ?? new();
        builder.Services.AddJobRunner<TRunner>();
        builder.Services.AddJobWorker(o =>
        {
            builder.Configuration.GetSection(JobWorkerOptions.SectionName).Bind(o);
            o.WorkFolder = options.JobsOrDefault;
        });
        return builder;
    }
}
