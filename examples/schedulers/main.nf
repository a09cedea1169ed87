#!/usr/bin/env nextflow
// Cohorts with Nextflow: jobs that share one folder of results.
//
//   nextflow run main.nf --cases COHORT --out RESULTS --jobs 8
//
// Run it again after whatever happened, with or without -resume: what is there is left alone.
nextflow.enable.dsl = 2

params.cases = null
params.out = null
params.jobs = 8
params.options = ''
params.midash = 'npx @midash/core'

process SHARD {
    tag "${shard}/${params.jobs}"
    cpus 4
    memory '8 GB'
    maxForks params.jobs
    // 2: cases failed by their input alone, 1: by a fault of midash. They are in the summary. 130, 137, 143: it was ended.
    errorStrategy { task.exitStatus in [130, 137, 143] && task.attempt <= 4 ? 'retry' : 'finish' }
    maxRetries 4

    input:
    val shard
    val cases
    val out

    output:
    val shard

    script:
    """
    ${params.midash} process '${cases}' --out '${out}' --shard ${shard}/${params.jobs} ${params.options}
    """
}

process SUMMARY {
    input:
    val shards
    val cases
    val out

    output:
    stdout

    script:
    """
    ${params.midash} process '${cases}' --out '${out}' --summary
    """
}

workflow {
    if (!params.cases || !params.out) {
        error 'give --cases and --out'
    }
    // Paths as they are: the folder of results is shared, and no job has one of its own.
    cases = file(params.cases, checkIfExists: true).toAbsolutePath().toString()
    out = file(params.out).toAbsolutePath().toString()
    shards = SHARD(Channel.of(1..params.jobs), cases, out)
    SUMMARY(shards.collect(), cases, out) | view
}
